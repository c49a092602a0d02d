/** A source key of the stack, known to be the one that a key's material came from. */
export interface KnownSource {
  /** Name of the resource. */
  readonly source: string;
  readonly version: number;
}

/** One key that a program adopts. */
export interface AdoptedKey {
  /** `"name": new byok.…,` over some lines. */
  readonly lines: readonly string[];
  /** Name of the source key that its lines take from `sources`. */
  readonly source: string | undefined;
  /** Regions whose groups its lines take from `replicaGroups`. */
  readonly replicaRegions?: readonly string[];
}

/** What a program that adopts keys is written of. */
export interface AdoptionText {
  /** Name of the group in the program. */
  readonly group: string;
  readonly groupClass: "AwsKmsGroup" | "AzureKeyVaultGroup";
  /** The module's name, for the line that imports it. */
  readonly module: string;
  /** The first line. */
  readonly about: string;
  readonly adopted: readonly AdoptedKey[];
  /** What is not adopted, and why. */
  readonly refused: readonly string[];
}

/** The module: a function that makes one resource a key, after lines that say how to call it. */
export function functionText(text: AdoptionText): string {
  const { groupClass, adopted, refused } = text;
  const needed = [...new Set(adopted.flatMap(({ source }) => (source === undefined ? [] : [source])))].sort();
  const regions = [...new Set(adopted.flatMap(({ replicaRegions = [] }) => replicaRegions))].sort();
  const notes = refused.length === 0 ? [] : ["", "// Not adopted:", ...refused.map((line) => `// - ${oneLine(line)}`)];
  if (adopted.length === 0) return [...header(text, [], []), "", "export {};", ...notes, ""].join("\n");
  const parameters = [
    `group: byok.${groupClass}`,
    ...(needed.length === 0 ? [] : ["sources: Sources"]),
    ...(regions.length === 0 ? [] : ["replicaGroups: ReplicaGroups"]),
  ].join(", ");
  return [
    ...header(text, needed, regions),
    'import * as byok from "pulumi-byok";',
    "",
    ...sourcesInterface(needed),
    ...regionsInterface(regions),
    "/** Adopts keys that exist; the answer names each as the program does. */",
    `export function adoptKeys(${parameters}) {`,
    "  return {",
    ...adopted.flatMap(({ lines }) => lines.map((line) => `    ${line}`)),
    "  };",
    "}",
    ...notes,
    "",
  ].join("\n");
}

function header(
  { group, module, about }: AdoptionText,
  needed: readonly string[],
  regions: readonly string[],
): readonly string[] {
  const call = [needed, regions]
    .filter((names) => names.length > 0)
    .map((names) => `, { ${names.map((name) => `${property(name)}: …`).join(", ")} }`)
    .join("");
  return [
    `// ${about}`,
    "// What is not named here stays as it was found. pulumi preview says of each key what it adopts; pulumi up writes our three tags.",
    "//",
    `//   import { adoptKeys } from ${JSON.stringify(`./${module}`)};`,
    `//   adoptKeys(${isName(group) ? group : "group"}${call});`,
  ];
}

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

const regionsInterface = (regions: readonly string[]): readonly string[] =>
  regions.length === 0
    ? []
    : [
        "/** The groups of the Regions in which keys below have replicas, which are adopted with them. */",
        "export interface ReplicaGroups {",
        ...regions.map((region) => `  readonly ${property(region)}: byok.AwsKmsGroup;`),
        "}",
        "",
      ];

/** Each record's name, made different from all others. */
export function uniqueNames<Listed>(
  records: readonly Listed[],
  wantedOf: (record: Listed) => string,
  taken: ReadonlySet<string>,
): ReadonlyMap<Listed, string> {
  const used = new Set(taken);
  return new Map(
    records.map((record) => {
      const wanted = wantedOf(record);
      let name = wanted;
      for (let number = 2; used.has(name); number += 1) name = `${wanted}-${number}`;
      used.add(name);
      return [record, name];
    }),
  );
}

const isName = (text: string): boolean => /^[A-Za-z_$][\w$]*$/.test(text);

const property = (name: string): string => (isName(name) ? name : JSON.stringify(name));

/** A comment ends with its line, whatever somebody wrote into a description. */
export const oneLine = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
