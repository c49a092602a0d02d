import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import { z } from "zod";
import { keyStateForm } from "../lifecycle/aws-kms-key/compact-key";
import { isRecord } from "../lifecycle/is-record";
import { ByokError } from "../model/errors";

/** Where a command reads a stack's state. */
export interface StackChoice {
  /** Undefined: the selected one. */
  readonly stack?: string | undefined;
  /** An exported state instead of the stack itself; `-` for standard input. */
  readonly file?: string | undefined;
  /** How the command is called, for the hint of an error. */
  readonly command: string;
}

const stackState = z.object({
  deployment: z.object({
    resources: z
      .array(
        z.object({
          urn: z.string(),
          type: z.string(),
          id: z.string().optional(),
          delete: z.boolean().optional(),
          protect: z.boolean().optional(),
          retainOnDelete: z.boolean().optional(),
          deletedWith: z.string().optional(),
          outputs: z.unknown().optional(),
        }),
      )
      .default([]),
  }),
});

/** A resource of this package in the state of a stack. */
export interface StateResource {
  readonly name: string;
  readonly id: string | undefined;
  readonly outputs: unknown;
}

const typePrefix = "pulumi-nodejs:dynamic/byok:";

/** `urn:pulumi:STACK::PROJECT::TYPES::NAME`; a name may contain `::` itself. */
const nameOf = (urn: string): string => urn.split("::").slice(3).join("::") || urn;

/** What an exported stack holds of one kind, without what is about to be deleted. */
export function resourcesOf(exported: unknown, kind: string): readonly StateResource[] {
  return stackState
    .parse(exported)
    .deployment.resources.filter((resource) => resource.type === typePrefix + kind && resource.delete !== true)
    .map(({ urn, id, outputs }) => ({ name: nameOf(urn), id, outputs: complete(kind, outputs) }));
}

/** Outputs with everything that a copied key's one text of findings tells. */
function complete(kind: string, outputs: unknown): unknown {
  if (kind !== "AwsKmsKey" || !isRecord(outputs)) return outputs;
  const facts = carried(z.record(z.string(), z.unknown())).safeParse(outputs["facts"]).data;
  return facts === undefined ? outputs : keyStateForm.complete({ ...outputs, facts });
}

/** A resource of this package in a state, with what decides how it is deleted. */
export interface StackResource extends StateResource {
  readonly urn: string;
  /** Kind, such as `AwsKmsKey`. */
  readonly kind: string;
  /** The old half of a replacement, which the next run deletes. */
  readonly leaving: boolean;
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  /** URN of the resource with which it goes. */
  readonly deletedWith: string | undefined;
}

/** Everything of this package in an exported stack. */
export const packageResources = (exported: unknown): readonly StackResource[] =>
  stackState
    .parse(exported)
    .deployment.resources.filter(({ type }) => type.startsWith(typePrefix))
    .map(({ urn, type, id, outputs, ...resource }) => ({
      urn,
      kind: type.slice(typePrefix.length),
      name: nameOf(urn),
      id,
      outputs: complete(type.slice(typePrefix.length), outputs),
      leaving: resource.delete === true,
      protect: resource.protect === true,
      retainOnDelete: resource.retainOnDelete === true,
      deletedWith: resource.deletedWith === "" ? undefined : resource.deletedWith,
    }));

/** The state holds as JSON text what a resource carries of another one; within findings it is a record. */
export const carried = <T>(record: z.ZodType<T>): z.ZodType<T> =>
  z
    .unknown()
    .transform((text, issues): unknown => {
      if (typeof text !== "string") return text;
      try {
        return JSON.parse(text);
      } catch {
        issues.addIssue({ code: "custom", message: "is no JSON text" });
        return z.NEVER;
      }
    })
    .pipe(record);

/** The state of a stack, from `pulumi stack export` or a file that it wrote. */
export async function readStack({ stack, file, command }: StackChoice): Promise<unknown> {
  const text = file === undefined ? await exportStack(stack, command) : await readExport(file);
  try {
    const exported: unknown = JSON.parse(text);
    stackState.parse(exported);
    return exported;
  } catch {
    throw new ByokError("BYOK_INPUT_INVALID", "That is no exported stack.", {
      hint: "Make one with pulumi stack export.",
    });
  }
}

/** The value of `NAMESPACE:KEY` in a stack's configuration. */
export async function stackConfigValue(stack: string | undefined, key: string): Promise<string> {
  try {
    const { stdout } = await pulumi(["config", "get", key], stack);
    return stdout.replace(/\n$/, "");
  } catch (error) {
    throw new ByokError("BYOK_REFERENCE_UNRESOLVED", `pulumi config get ${key} failed: ${said(error)}`, {
      hint: `Set it with pulumi config set --secret ${key}, and run this in the project's folder.`,
    });
  }
}

/**
 * Runs pulumi, and answers what it wrote to standard output, also where it failed.
 *
 * @throws ByokError BYOK_INPUT_INVALID where there is no pulumi
 */
export async function pulumiOutput(
  args: readonly string[],
  stack: string | undefined,
): Promise<{ readonly stdout: string; readonly failed: string | undefined }> {
  try {
    return { stdout: (await pulumi(args, stack)).stdout, failed: undefined };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if ("code" in error && error.code === "ENOENT") {
      throw new ByokError("BYOK_INPUT_INVALID", "The pulumi command is not on PATH.", { hint: "Put it there." });
    }
    return { stdout: "stdout" in error && typeof error.stdout === "string" ? error.stdout : "", failed: said(error) };
  }
}

async function readExport(file: string): Promise<string> {
  try {
    return await readFile(file === "-" ? "/dev/stdin" : file, "utf8");
  } catch {
    throw new ByokError("BYOK_INPUT_INVALID", `${file} cannot be read.`, {
      hint: "Make it with pulumi stack export --file.",
    });
  }
}

async function exportStack(stack: string | undefined, command: string): Promise<string> {
  try {
    return (await pulumi(["stack", "export"], stack)).stdout;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw new ByokError("BYOK_INPUT_INVALID", "The pulumi command is not on PATH.", {
        hint: `Put it there, or hand over an exported stack: byok ${command} --file state.json`,
      });
    }
    throw new ByokError("BYOK_INPUT_INVALID", `pulumi stack export failed: ${said(error)}`, {
      hint: `Run it in the project's folder, with the stack's name: byok ${command === "tree" ? "tree STACK" : `${command} --stack STACK`}`,
    });
  }
}

const pulumi = (args: readonly string[], stack: string | undefined): Promise<{ stdout: string; stderr: string }> =>
  promisify(execFile)("pulumi", [...args, "--non-interactive", ...(stack === undefined ? [] : ["--stack", stack])], {
    maxBuffer: 1 << 30,
  });

const said = (error: unknown): string =>
  error instanceof Error && "stderr" in error && typeof error.stderr === "string"
    ? error.stderr.trim().replace(/^error: /, "")
    : "";
