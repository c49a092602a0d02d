import { adoptionObstacle } from "../model/adoptability";
import { keySpecFacts, keySpecs } from "../model/key-spec";
import type { InventoryRecord } from "../model/inventory";

/** A source key of the stack, known to be the one that a key's material came from. */
export interface KnownSource {
  /** Name of the resource. */
  readonly source: string;
  readonly version: number;
}

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
export function adoptionProgram(adoption: Adoption): string {
  const { chosen, sources } = adoption;
  const judged = chosen.map((record) => ({ record, obstacle: adoptionObstacle(record) }));
  const names = namesFor(
    judged.filter(({ obstacle }) => obstacle === undefined).map(({ record }) => record),
    adoption.taken,
  );
  const adopted = [...names].map(([record, name]) => ({ record, name, known: sources.get(record.arn) }));
  const refused = judged.flatMap(({ record, obstacle }) =>
    obstacle === undefined ? [] : [`${title(record)}: ${obstacle}`],
  );
  const needed = [...new Set(adopted.flatMap(({ known }) => (known === undefined ? [] : [known.source])))].sort();
  const notes = refused.length === 0 ? [] : ["", "// Not adopted:", ...refused.map((line) => `// - ${oneLine(line)}`)];
  if (adopted.length === 0) return [...header(adoption, []), "", "export {};", ...notes, ""].join("\n");
  return [
    ...header(adoption, needed),
    'import * as byok from "pulumi-byok";',
    "",
    ...sourcesInterface(needed),
    "/** Adopts keys that exist; the answer names each as the program does. */",
    `export function adoptKeys(${parameters(needed)}) {`,
    "  return {",
    ...adopted.flatMap((key) => keyLines(key.record, key.name, key.known).map((line) => `    ${line}`)),
    "  };",
    "}",
    ...notes,
    "",
  ].join("\n");
}

function header({ group, account, region, module }: Adoption, needed: readonly string[]): readonly string[] {
  const call = needed.length === 0 ? "" : `, { ${needed.map((name) => `${property(name)}: …`).join(", ")} }`;
  return [
    `// Keys of account ${account}, ${region}, to be adopted by the group ${oneLine(group)}. Written by byok sync aws; yours to edit.`,
    "// What is not named here stays as it was found. pulumi preview says of each key what it adopts; pulumi up writes our three tags.",
    "//",
    `//   import { adoptKeys } from ${JSON.stringify(`./${module}`)};`,
    `//   adoptKeys(${/^[A-Za-z_$][\w$]*$/.test(group) ? group : "group"}${call});`,
  ];
}

const parameters = (needed: readonly string[]): string =>
  `group: byok.AwsKmsGroup${needed.length === 0 ? "" : ", sources: Sources"}`;

const sourcesInterface = (needed: readonly string[]): readonly string[] =>
  needed.length === 0
    ? []
    : [
        "/** The source keys whose material the keys below hold, as the token remembers. */",
        "export interface Sources {",
        ...needed.map((name) => `  readonly ${property(name)}: byok.SourceKey;`),
        "}",
        "",
      ];

function keyLines(record: InventoryRecord, name: string, known: KnownSource | undefined): readonly string[] {
  const head = [
    `// ${oneLine(`${title(record)}: ${facts(record)}`)}`,
    `${JSON.stringify(name)}: new byok.AwsKmsKey(${JSON.stringify(name)}, {`,
    "  group,",
  ];
  const tail = [`  adopt: { arn: ${JSON.stringify(record.arn)} },`, "}),"];
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

/** Each key's name: its first alias, else its id; made different from all other names. */
function namesFor(
  records: readonly InventoryRecord[],
  taken: ReadonlySet<string>,
): ReadonlyMap<InventoryRecord, string> {
  const used = new Set(taken);
  return new Map(
    records.map((record) => {
      const wanted = record.aliases[0]?.slice("alias/".length) ?? record.keyId;
      let name = wanted;
      for (let number = 2; used.has(name); number += 1) name = `${wanted}-${number}`;
      used.add(name);
      return [record, name];
    }),
  );
}

const property = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

/** A comment ends with its line, whatever somebody wrote into a description. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
