import { z } from "zod";
import { azureVersionsIn } from "../model/azure-key-versions";
import { carried, resourcesOf } from "./stack-export";

const keyOutputs = z.object({
  keyId: z.string().default("(not created yet)"),
  keyState: z.string().default("unknown"),
  spec: z.string(),
  version: z.number(),
  pending: z.array(z.string()).default([]),
  group: carried(z.object({ name: z.string() })),
  // Of a `.byok` file no token has a fingerprint.
  proof: carried(
    z.object({ method: z.string(), fingerprint: z.string().default(""), versionId: z.string() }),
  ).optional(),
  link: carried(z.object({ at: z.string(), by: z.string().optional(), sourceVersion: z.number() })).optional(),
  versions: carried(z.unknown()).optional(),
});

/** A version of a key in a vault, in the words in which a copy in a cloud is shown. */
export interface AzureCopy {
  readonly name: string;
  readonly outputs: {
    readonly arn: string;
    readonly keyState: string;
    readonly spec: string;
    readonly version: number;
    readonly aliases: string[];
    readonly pending: string[];
    readonly group: { readonly name: string };
    readonly material: { readonly source: { readonly name: string; readonly owner: string; readonly keptBy: string } };
    readonly proof?: { readonly method: string; readonly fingerprint: string } | undefined;
    readonly link?: { readonly at: string; readonly by: string; readonly sourceVersion: number } | undefined;
    readonly replicas: never[];
  };
}

/** Every version of every key of a vault that an exported stack holds: each is a copy of its own version of a source. */
export function azureCopies(exported: unknown): readonly AzureCopy[] {
  return resourcesOf(exported, "AzureKey").flatMap(({ name, outputs }) => {
    const parsed = keyOutputs.safeParse(outputs);
    if (!parsed.success) return [];
    const { keyState, spec, pending, group, proof, link } = parsed.data;
    return azureVersionsIn(parsed.data).map((version): AzureCopy => {
      const isNewest = version.version === parsed.data.version;
      const sourceVersion = version.sourceVersion ?? version.version;
      const shown = proof?.versionId === version.id && proof.method !== "not compared" ? proof : undefined;
      return {
        name,
        outputs: {
          arn: version.id,
          keyState: keyState === "Deleted" ? keyState : version.enabled ? "Enabled" : "Disabled",
          spec,
          version: version.version,
          aliases: [],
          pending: isNewest ? pending : [],
          group,
          material: { source: sourceOf(version) },
          proof:
            shown ??
            (version.fingerprint === undefined && version.provedAt === undefined
              ? undefined
              : { method: "proven", fingerprint: version.fingerprint ?? "" }),
          link: {
            at: version.provedAt ?? version.createdOn,
            by: isNewest ? (link?.by ?? "") : "",
            sourceVersion,
          },
          replicas: [],
        },
      };
    });
  });
}

function sourceOf({
  origin,
  source = "",
  sourceOwner,
}: ReturnType<typeof azureVersionsIn>[number]): AzureCopy["outputs"]["material"]["source"] {
  if (origin === "AZURE") return { name: "Azure", owner: "Azure", keptBy: "made by Azure, and nowhere else" };
  if (origin === "EXTERNAL" && sourceOwner === undefined)
    return { name: source, owner: `file ${source}`, keptBy: "handed over in a file" };
  return { name: source, owner: sourceOwner ?? source, keptBy: "kept by another stack" };
}
