import { z } from "zod";
import { sourceKeyRecord } from "../lifecycle/inputs/source-key-inputs";
import { sourceGroupRecord } from "../lifecycle/inputs/source-group-inputs";
import { ByokError } from "../model/errors";
import { keySpecs, type KeySpec } from "../model/key-spec";
import { carried, resourcesOf } from "./stack-export";

/** A version of a source key that goes into a file, and what the key is called in Azure unless another name is given. */
export interface ExportedSource {
  readonly name: string;
  readonly owner: string;
  readonly version: number;
  readonly spec: KeySpec;
  readonly group: z.infer<typeof sourceGroupRecord>;
  readonly compromisedSince: string | undefined;
  readonly keyName: string;
}

const sourceOutputs = z.object({
  owner: z.string(),
  version: z.int().positive(),
  spec: z.enum(keySpecs),
  operations: z.array(z.string()).optional(),
  compromised: z.object({ since: z.string() }).optional(),
  group: carried(sourceGroupRecord),
});

const copyOutputs = z.object({
  name: z.string(),
  version: z.int().positive(),
  versionOffset: z.int().positive().default(0),
  material: z.object({ source: carried(sourceKeyRecord) }),
});

/**
 * The `SourceKey` of a name, or what the `AzureKey` of that name copies.
 *
 * @throws ByokError BYOK_INPUT_INVALID
 */
export function exportedSource(exported: unknown, name: string, version: number | undefined): ExportedSource {
  const sources = resourcesOf(exported, "SourceKey").filter((resource) => resource.name === name);
  const copies = resourcesOf(exported, "AzureKey").filter((resource) => resource.name === name);
  if (sources.length + copies.length > 1)
    throw refused(`This stack has more than one SourceKey or AzureKey named ${name}.`, "Give them names of their own.");
  const [source] = sources;
  const found = source === undefined ? copyIn(copies[0]?.outputs) : sourceIn(source.name, source.outputs);
  if (found === undefined)
    throw refused(
      `This stack has no SourceKey named ${name}, and no AzureKey of that name that copies one.`,
      `It has: ${
        resourcesOf(exported, "SourceKey")
          .map((resource) => resource.name)
          .join(", ") || "none"
      }.`,
    );
  if (found.unwraps)
    throw refused(
      `${found.name} is a key-encryption key (operations: ["unwrap"]), and such a key never leaves its token.`,
      "Export another SourceKey.",
    );
  return { ...found, version: version ?? found.version };
}

type Found = ExportedSource & { readonly unwraps: boolean };

function sourceIn(name: string, outputs: unknown): Found | undefined {
  const { data } = sourceOutputs.safeParse(outputs);
  if (data === undefined) return undefined;
  const { operations, compromised, ...source } = data;
  return { ...source, name, unwraps: operations !== undefined, compromisedSince: compromised?.since, keyName: name };
}

function copyIn(outputs: unknown): Found | undefined {
  const { data } = copyOutputs.safeParse(outputs);
  if (data === undefined) return undefined;
  const { operations, compromisedSince, name, owner, spec, group } = data.material.source;
  const version = data.version - data.versionOffset;
  return {
    ...{ name, owner, spec, group, version, compromisedSince },
    unwraps: operations !== undefined,
    keyName: data.name,
  };
}

const refused = (message: string, hint: string): ByokError => new ByokError("BYOK_INPUT_INVALID", message, { hint });
