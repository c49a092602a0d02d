import type { PlanItem } from "./plan-item";

/** The plan for a reader. */
export function printPlan(items: readonly PlanItem[], command: string): string {
  if (items.length === 0)
    return "Nothing of this package is deleted, replaced or changed in a way that would need a word.\n";
  const words = confirmWords(items);
  const last =
    words.length === 0
      ? "No removal asks for a word.\n"
      : `To go on with all removals: BYOK_CONFIRM=${words.join(",")} ${command}\nA word is bound to the moment: it goes stale once the key's state or dates change.\n`;
  return `${items.map(printItem).join("\n")}\n${last}`;
}

/** The words that the environment needs, each once. */
export const confirmWords = (items: readonly PlanItem[]): readonly string[] => [
  ...new Set(items.flatMap(({ confirm }) => (confirm?.as === "BYOK_CONFIRM" ? [confirm.word] : []))),
];

function printItem({ kind, name, act, consequences, dependents, undo, confirm }: PlanItem): string {
  const lines = [
    ...consequences,
    ...(dependents.length === 0 ? [] : [`Depends on it: ${dependents.join(", ")}.`]),
    ...(undo === undefined
      ? []
      : [`Can be taken back${undo.until === undefined ? "" : ` until ${undo.until}`}: ${undo.how}.`]),
    ...(confirm === undefined ? [] : [wordLine(confirm)]),
  ];
  return `${act}  ${name} (${kind})\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

function wordLine({ word, as, from }: NonNullable<PlanItem["confirm"]>): string {
  const stale =
    from === "state" ? " This word is made from the state; if the key has changed since, the act names another." : "";
  return as === "confirm"
    ? `Asks for confirm: "${word}" in the program.${stale}`
    : `Asks for BYOK_CONFIRM=${word}.${stale}`;
}
