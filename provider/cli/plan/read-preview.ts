import { readFile } from "node:fs/promises";
import { z } from "zod";
import { ByokError } from "../../model/errors";
import { pulumiOutput } from "../stack-export";

const previewJson = z.object({
  steps: z
    .array(
      z.object({
        op: z.string(),
        urn: z.string(),
        newState: z.object({ inputs: z.record(z.string(), z.unknown()).optional() }).optional(),
      }),
    )
    .default([]),
  diagnostics: z.array(z.object({ urn: z.string().optional(), message: z.string(), severity: z.string() })).default([]),
});

/** What a preview means to do with one resource, and what the resource said about it. */
export interface PreviewedStep {
  readonly urn: string;
  /** As the engine names it, such as `update`, `delete` or `create-replacement`. */
  readonly ops: readonly string[];
  readonly inputs: Readonly<Record<string, unknown>>;
}

/** A preview, by the resource's URN. */
export interface Preview {
  readonly steps: ReadonlyMap<string, PreviewedStep>;
  /** Warnings and errors by URN; those without one belong to the run. */
  readonly said: ReadonlyMap<string, readonly string[]>;
  /** Why the preview ended early, if it did. */
  readonly failed: string | undefined;
}

/** Reads a preview: from a file that `pulumi preview --json` wrote (`-` for standard input), or by running it. */
export async function readPreview(from: {
  readonly file?: string | undefined;
  readonly stack?: string | undefined;
}): Promise<Preview> {
  const { stdout, failed } =
    from.file === undefined
      ? await pulumiOutput(["preview", "--json"], from.stack)
      : { stdout: await readText(from.file), failed: undefined };
  return parsePreview(stdout, failed);
}

/** What `pulumi preview --json` wrote. */
export function parsePreview(text: string, failed: string | undefined): Preview {
  const { steps, diagnostics } = parsed(text, failed);
  const byUrn = new Map<string, PreviewedStep>();
  for (const { op, urn, newState } of steps) {
    const before = byUrn.get(urn);
    const inputs = newState?.inputs ?? before?.inputs ?? {};
    byUrn.set(urn, { urn, ops: [...(before?.ops ?? []), op], inputs });
  }
  const said = new Map<string, string[]>();
  for (const { urn = "", message, severity } of diagnostics) {
    if (severity !== "warning" && severity !== "error") continue;
    said.set(urn, [...(said.get(urn) ?? []), message.replace(/^(warning|error): /, "").trim()]);
  }
  const errors = diagnostics.some(({ severity }) => severity === "error");
  return { steps: byUrn, said, failed: failed ?? (errors ? "the preview has errors" : undefined) };
}

function parsed(text: string, failed: string | undefined): z.infer<typeof previewJson> {
  try {
    return previewJson.parse(JSON.parse(text));
  } catch {
    throw new ByokError(
      "BYOK_INPUT_INVALID",
      failed === undefined ? "That is no preview." : `pulumi preview failed: ${failed.split("\n")[0] ?? ""}`,
      { hint: "Make one with pulumi preview --json, in the project's folder." },
    );
  }
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file === "-" ? "/dev/stdin" : file, "utf8");
  } catch {
    throw new ByokError("BYOK_INPUT_INVALID", `${file} cannot be read.`, {
      hint: "Make it with pulumi preview --json.",
    });
  }
}
