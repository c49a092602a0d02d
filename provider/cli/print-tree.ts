import type { TreeCopy, TreeReplica, TreeSource, TreeVersion } from "./key-tree";

/** The tree as text, for a terminal. */
export function printTree(sources: readonly TreeSource[]): string {
  if (sources.length === 0) return "This stack has no source keys and no copies.\n";
  return sources.map((source) => block(source).join("\n")).join("\n\n") + "\n";
}

function block(source: TreeSource): readonly string[] {
  const place = source.keptBy === undefined ? "" : `  (${source.keptBy})`;
  return [`${source.name}  ${source.spec}${place}`, ...branches(source.versions, version)];
}

function version(entry: TreeVersion): readonly string[] {
  const check = entry.checkValue === "" ? "" : `  check value ${entry.checkValue}`;
  const head = `version ${entry.version}  ${entry.state}${check}`;
  const print = entry.fingerprint === "" ? [] : [`fingerprint ${entry.fingerprint}`];
  const copies = entry.copies.length === 0 ? ["no copies"] : branches(entry.copies, copy);
  return [head, ...print.map((line) => `  ${line}`), ...copies.map((line) => `  ${line}`)];
}

function copy(entry: TreeCopy): readonly string[] {
  const made =
    entry.copiedAt === undefined
      ? []
      : [`copied ${entry.copiedAt}${entry.copiedBy === "" ? "" : ` by ${entry.copiedBy ?? "unknown"}`}`];
  return [
    `${entry.name}  ${entry.keyState}  in ${entry.group}`,
    `  ${entry.arn}`,
    ...(entry.aliases.length === 0 ? [] : [`  ${entry.aliases.join(", ")}`]),
    ...made.map((line) => `  ${line}`),
    `  ${proofOf(entry)}`,
    ...entry.pending.map((step) => `  still to do: ${step}`),
    ...branches(entry.replicas, replica).map((line) => `  ${line}`),
  ];
}

function proofOf({ proof, native, arn }: TreeCopy): string {
  if (native)
    return `${arn.startsWith("https://") ? "Azure" : "AWS"} made its material; there is nothing to prove it by`;
  if (proof === undefined) return "not proven to be the same key";
  // Of a former version the state keeps the fingerprint, and not by what it was compared.
  return proof.method === "proven"
    ? "shown to be the same key when it was imported"
    : `the same key by ${proof.method.replaceAll("-", " ")}`;
}

function replica(entry: TreeReplica): readonly string[] {
  return [
    `replica in ${entry.region}  ${entry.keyState}`,
    `  ${entry.arn}`,
    ...(entry.aliases.length === 0 ? [] : [`  ${entry.aliases.join(", ")}`]),
  ];
}

/** Lines of items below one another, with the branches of a tree before them. */
export function branches<T>(items: readonly T[], lines: (item: T) => readonly string[]): readonly string[] {
  return items.flatMap((item, index) => {
    const last = index === items.length - 1;
    return lines(item).map((line, row) => `${row === 0 ? (last ? "└─ " : "├─ ") : last ? "   " : "│  "}${line}`);
  });
}
