import { adoptionObstacle } from "../model/adoptability";
import { keySpecFacts, keySpecs } from "../model/key-spec";
import type { InventoryRecord } from "../model/inventory";
import { functionText, oneLine, uniqueNames, type AdoptedKey, type KnownSource } from "./program-text";

/** What {@link adoptionProgram} writes a program about. */
export interface Adoption {
  /** Name of the AWS group in the program. */
  readonly group: string;
  readonly account: string;
  readonly region: string;
  readonly chosen: readonly InventoryRecord[];
  /** By ARN; for other keys nobody knows. */
  readonly sources: ReadonlyMap<string, KnownSource>;
  /** Names of AwsKmsKey resources that the stack has already. */
  readonly taken: ReadonlySet<string>;
  /** The module's name, for the line that imports it. */
  readonly module: string;
}

/** TypeScript that adopts the chosen keys, and says of the others why it does not. */
export function adoptionProgram({ group, account, region, chosen, sources, taken, module }: Adoption): string {
  const judged = chosen.map((record) => ({ record, obstacle: adoptionObstacle(record) }));
  const adoptable = judged.filter(({ obstacle }) => obstacle === undefined).map(({ record }) => record);
  // Each key's name: its first alias, else its id.
  const names = uniqueNames(adoptable, ({ aliases, keyId }) => aliases[0]?.slice("alias/".length) ?? keyId, taken);
  const adopted = [...names].map(([record, name]): AdoptedKey => {
    const known = sources.get(record.arn);
    return { lines: keyLines(record, name, known), source: known?.source, replicaRegions: replicaRegions(record) };
  });
  return functionText({
    ...{ group, module, adopted },
    groupClass: "AwsKmsGroup",
    about: `Keys of account ${account}, ${region}, to be adopted by the group ${oneLine(group)}. Written by byok sync aws; yours to edit.`,
    refused: judged.flatMap(({ record, obstacle }) =>
      obstacle === undefined ? [] : [`${title(record)}: ${obstacle}`],
    ),
  });
}

/** Regions in which a multi-Region primary has replicas, as their ARNs tell. */
const replicaRegions = ({ multiRegion }: InventoryRecord): readonly string[] =>
  (multiRegion?.replicas ?? []).flatMap((arn) => arn.split(":")[3] ?? []).sort();

/** A key in several Regions is adopted whole. */
function regionLines(record: InventoryRecord): readonly string[] {
  if (record.multiRegion === undefined) return [];
  const groups = replicaRegions(record).map((region) => `{ group: replicaGroups[${JSON.stringify(region)}] }`);
  return ["  multiRegion: true,", ...(groups.length === 0 ? [] : [`  replicas: [${groups.join(", ")}],`])];
}

function keyLines(record: InventoryRecord, name: string, known: KnownSource | undefined): readonly string[] {
  const head = [
    `// ${oneLine(`${title(record)}: ${facts(record)}`)}`,
    `${JSON.stringify(name)}: new byok.AwsKmsKey(${JSON.stringify(name)}, {`,
    "  group,",
  ];
  const tail = [...regionLines(record), `  adopt: { arn: ${JSON.stringify(record.arn)} },`, "}),"];
  if (record.origin === "AWS_KMS") {
    const spec = keySpecs.find((each) => keySpecFacts[each].aws === record.spec);
    const told = spec === undefined || spec === "AES_256" ? "" : `, spec: ${JSON.stringify(spec)}`;
    return [...head, "  // AWS made its material, and keeps it.", `  material: { native: true${told} },`, ...tail];
  }
  const placeholder = `SOURCE_KEY_OF_${name.replace(/[^A-Za-z0-9_]/g, "_")}`;
  const why =
    known === undefined
      ? [
          `// Which source key's material is it? AWS does not tell. Put the source key in place of ${placeholder};`,
          "// until then this does not compile.",
          ...(record.description === undefined ? [] : [`// Its description: ${oneLine(record.description)}`]),
        ]
      : [`// Its material is version ${known.version} of ${oneLine(known.source)}, as the token remembers.`];
  const source = known === undefined ? placeholder : `sources[${JSON.stringify(known.source)}]`;
  return [...head, ...why.map((line) => `  ${line}`), `  material: { source: ${source} },`, ...tail];
}

const facts = ({ spec, usage, state, managedBy }: InventoryRecord): string =>
  [spec, usage, state, managedBy === "nobody" ? undefined : `managed by ${managedBy}`]
    .filter((fact) => fact !== undefined)
    .join(", ");

const title = ({ arn, aliases }: InventoryRecord): string =>
  aliases.length === 0 ? arn : `${arn} (${aliases.join(", ")})`;
