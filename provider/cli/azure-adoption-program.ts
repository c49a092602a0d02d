import { azureAdoptionObstacle, specOfListed } from "../model/azure-adoptability";
import type { AzureTier } from "../model/azure-connection";
import type { AzureInventoryRecord } from "../model/azure-inventory";
import { functionText, oneLine, uniqueNames, type AdoptedKey, type KnownSource } from "./program-text";

/** What {@link azureAdoptionProgram} writes a program about. */
export interface AzureAdoption {
  /** Name of the group in the program. */
  readonly group: string;
  readonly vaultUrl: string;
  readonly tier: AzureTier;
  readonly chosen: readonly AzureInventoryRecord[];
  /** By the id of the key, without a version; for other keys nobody knows. */
  readonly sources: ReadonlyMap<string, KnownSource>;
  /** Names of AzureKey resources that the stack has already. */
  readonly taken: ReadonlySet<string>;
  /** The module's name, for the line that imports it. */
  readonly module: string;
}

/** TypeScript that adopts the chosen keys of a vault, and says of the others why it does not. */
export function azureAdoptionProgram(adoption: AzureAdoption): string {
  const { group, vaultUrl, tier, chosen, sources, taken, module } = adoption;
  const judged = chosen.map((record) => ({ record, obstacle: azureAdoptionObstacle(record, tier) }));
  const adoptable = judged.filter(({ obstacle }) => obstacle === undefined).map(({ record }) => record);
  const adopted = [...uniqueNames(adoptable, ({ name }) => name, taken)].map(([record, name]): AdoptedKey => {
    const known = sources.get(record.keyId);
    return { lines: keyLines(record, name, known), source: known?.source };
  });
  return functionText({
    ...{ group, module, adopted },
    groupClass: "AzureKeyVaultGroup",
    about: `Keys of the vault ${vaultUrl}, to be adopted by the group ${oneLine(group)}. Written by byok sync azure; yours to edit.`,
    refused: judged.flatMap(({ record, obstacle }) => (obstacle === undefined ? [] : [`${record.keyId}: ${obstacle}`])),
  });
}

function keyLines(record: AzureInventoryRecord, name: string, known: KnownSource | undefined): readonly string[] {
  const newest = record.versions.at(-1)?.id ?? "";
  const material =
    known === undefined
      ? [
          "// Azure does not tell whose material it is. If a source key of yours has it, name that instead, and it is proven:",
          "// material: { source: … }.",
          `material: { native: true, spec: ${JSON.stringify(specOfListed(record))} },`,
        ]
      : [
          `// Its material is version ${known.version} of ${oneLine(known.source)}, as the token remembers.`,
          `material: { source: sources[${JSON.stringify(known.source)}] },`,
        ];
  return [
    `// ${oneLine(`${record.keyId}: ${facts(record)}`)}`,
    `${JSON.stringify(name)}: new byok.AzureKey(${JSON.stringify(name)}, {`,
    "  group,",
    ...(name === record.name ? [] : [`  name: ${JSON.stringify(record.name)},`]),
    ...material.map((line) => `  ${line}`),
    ...(record.protection === "software" ? ['  protection: "software",'] : []),
    `  adopt: { id: ${JSON.stringify(newest)} },`,
    "}),",
  ];
}

const facts = ({ kty, curve, bits, state, managedBy, versions }: AzureInventoryRecord): string =>
  [
    [kty, curve ?? bits].filter((part) => part !== undefined).join(" "),
    state,
    versions.length === 1 ? "1 version" : `${String(versions.length)} versions`,
    managedBy === "nobody" ? undefined : `managed by ${managedBy}`,
  ]
    .filter((fact) => fact !== undefined)
    .join(", ");
