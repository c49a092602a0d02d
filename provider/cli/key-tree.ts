import { z } from "zod";
import { azureCopies, type AzureCopy } from "./azure-copies";
import { keyVersionsIn } from "../model/key-versions";
import { carried, resourcesOf } from "./stack-export";

/** A copy of a source key, as the state records it. */
export interface TreeCopy {
  readonly name: string;
  readonly arn: string;
  readonly group: string;
  readonly sourceVersion: number;
  readonly copiedAt: string | undefined;
  readonly copiedBy: string | undefined;
  readonly keyState: string;
  readonly aliases: readonly string[];
  /** How sameness was shown, with the fingerprint; undefined where it never was. */
  readonly proof: { readonly method: string; readonly fingerprint: string } | undefined;
  readonly pending: readonly string[];
  /** True: the cloud made the material, and nothing else has it. */
  readonly native: boolean;
  /** Of a multi-Region key: the same key in other Regions. */
  readonly replicas: readonly TreeReplica[];
}

/** A replica of a copy. */
export type TreeReplica = Pick<TreeCopy, "arn" | "keyState" | "aliases" | "pending"> & { readonly region: string };

/** A version of a source key. */
export interface TreeVersion {
  readonly version: number;
  readonly fingerprint: string;
  readonly checkValue: string;
  readonly state: string;
  readonly copies: readonly TreeCopy[];
}

/** A source key and everything that was copied from it. */
export interface TreeSource {
  readonly name: string;
  readonly owner: string;
  readonly spec: string;
  /** False where another stack keeps the source key, or where there is none, so that only copies of this stack are known. */
  readonly inStack: boolean;
  /** Who has the material, where no source key of this stack does. */
  readonly keptBy?: string;
  readonly versions: readonly TreeVersion[];
}

const sourceOutputs = z.object({
  owner: z.string(),
  spec: z.string(),
  versions: z
    .array(
      z.object({
        version: z.number(),
        fingerprint: z.object({ method: z.string(), value: z.string() }),
        checkValue: z.string(),
        state: z.string(),
      }),
    )
    .default([]),
});

const copyOutputs = z.object({
  arn: z.string().default("(not created yet)"),
  keyState: z.string().default("unknown"),
  spec: z.string(),
  version: z.number(),
  aliases: z.array(z.string()).default([]),
  pending: z.array(z.string()).default([]),
  group: carried(z.object({ name: z.string() })),
  material: z.union([
    z
      .object({ source: carried(z.object({ name: z.string(), owner: z.string() })) })
      .transform(({ source }) => ({ source: { ...source, keptBy: "kept by another stack" } })),
    // A file and AWS stand where a source key would.
    z
      .object({ file: z.string() })
      .transform(({ file }) => ({ source: { name: file, owner: `file ${file}`, keptBy: "handed over in a file" } })),
    z
      .object({ native: z.literal(true) })
      .transform(() => ({ source: { name: "AWS", owner: "AWS", keptBy: "made by AWS, and nowhere else" } })),
  ]),
  proof: carried(z.object({ method: z.string(), fingerprint: z.string() })).optional(),
  link: carried(z.object({ at: z.string(), by: z.string(), sourceVersion: z.number() })).optional(),
  versions: carried(z.unknown()).optional(),
  replicas: z
    .array(
      z.object({
        region: z.string(),
        arn: z.string(),
        keyState: z.string().default("unknown"),
        aliases: z.array(z.string()).default([]),
        pending: z.array(z.string()).default([]),
      }),
    )
    .default([]),
});

/** Builds the tree from an exported stack (`pulumi stack export`). */
export function keyTree(exported: unknown): readonly TreeSource[] {
  const inAws = resourcesOf(exported, "AwsKmsKey").flatMap((resource): readonly StateCopy[] => {
    const parsed = copyOutputs.safeParse(resource.outputs);
    if (!parsed.success) return [];
    const { name } = resource;
    return [...formerCopies(parsed.data).map((outputs) => ({ name, outputs })), { name, outputs: parsed.data }];
  });
  const copies: readonly StateCopy[] = [...inAws, ...azureCopies(exported)];
  const sources = resourcesOf(exported, "SourceKey").flatMap((resource): readonly TreeSource[] => {
    const parsed = sourceOutputs.safeParse(resource.outputs);
    if (!parsed.success) return [];
    const { owner, spec, versions } = parsed.data;
    const of = copies.filter((copy) => copy.outputs.material.source.owner === owner);
    return [
      {
        name: resource.name,
        owner,
        spec,
        inStack: true,
        versions: versions.map((entry) => ({
          version: entry.version,
          fingerprint: `${entry.fingerprint.method}:${entry.fingerprint.value}`,
          checkValue: entry.checkValue,
          state: entry.state,
          copies: of.filter((copy) => versionOf(copy) === entry.version).map(treeCopy),
        })),
      },
    ];
  });
  const known = new Set(sources.map((source) => source.owner));
  return [...sources, ...foreignSources(copies.filter((copy) => !known.has(copy.outputs.material.source.owner)))];
}

/** Former versions of a key in AWS: a KMS key of their own, or a further material of the same one. Where the material came from stands at each that is another's. */
function formerCopies(outputs: z.infer<typeof copyOutputs>): readonly z.infer<typeof copyOutputs>[] {
  const present = outputs.material.source;
  return keyVersionsIn(outputs)
    .filter(({ version }) => version < outputs.version)
    .flatMap(({ version, arn, keyState, fingerprint, importedAt, from }) => {
      if (from !== undefined && from.owner === undefined) return [];
      const sourceVersion = from?.sourceVersion ?? version;
      const source =
        from?.owner === undefined ? present : { ...present, name: from.source ?? from.owner, owner: from.owner };
      return [
        {
          ...outputs,
          ...{ arn, keyState, version, aliases: [], pending: [], replicas: [], material: { source } },
          proof: fingerprint === undefined ? undefined : { method: "proven", fingerprint },
          link: importedAt === undefined ? undefined : { at: importedAt, by: "", sourceVersion },
        },
      ];
    });
}

interface StateCopy {
  readonly name: string;
  readonly outputs: z.infer<typeof copyOutputs> | AzureCopy["outputs"];
}

const versionOf = (copy: StateCopy): number => copy.outputs.link?.sourceVersion ?? copy.outputs.version;

const treeCopy = ({ name, outputs }: StateCopy): TreeCopy => ({
  name,
  arn: outputs.arn,
  group: outputs.group.name,
  sourceVersion: outputs.link?.sourceVersion ?? outputs.version,
  copiedAt: outputs.link?.at,
  copiedBy: outputs.link?.by,
  keyState: outputs.keyState,
  aliases: outputs.aliases,
  proof: outputs.proof,
  pending: outputs.pending,
  native: outputs.material.source.owner === "AWS" || outputs.material.source.owner === "Azure",
  replicas: outputs.replicas,
});

/** Source keys of other stacks: only what the copies tell of them. */
function foreignSources(copies: readonly StateCopy[]): readonly TreeSource[] {
  const owners = [...new Set(copies.map((copy) => copy.outputs.material.source.owner))];
  return owners.map((owner) => {
    const of = copies.filter((copy) => copy.outputs.material.source.owner === owner);
    const versions = [...new Set(of.map(versionOf))].sort((a, b) => a - b);
    return {
      name: of[0]?.outputs.material.source.name ?? owner,
      owner,
      spec: of[0]?.outputs.spec ?? "",
      inStack: false,
      keptBy: of[0]?.outputs.material.source.keptBy ?? "",
      versions: versions.map((version) => {
        const ofVersion = of.filter((copy) => versionOf(copy) === version);
        return {
          version,
          fingerprint: ofVersion.find((copy) => copy.outputs.proof !== undefined)?.outputs.proof?.fingerprint ?? "",
          checkValue: "",
          state: of[0]?.outputs.material.source.keptBy ?? "",
          copies: ofVersion.map(treeCopy),
        };
      }),
    };
  });
}
