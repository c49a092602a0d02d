import { isExportedCopy, keyOfCopy } from "../model/exported-copy";
import type { CopyLink } from "../model/ports/custodian";
import type { HoldingKind } from "../model/token-holding";
import type { HeldInToken } from "./held-in-token";
import { branches } from "./print-tree";
import type { ListedHolding } from "./token-list-command";

const kinds: Readonly<Record<HoldingKind, string>> = {
  source: "source key",
  kek: "key-encryption key",
  kept: "kept material of a file",
};

/** The list as text, for a terminal: what belongs to one owner stands together. */
export function printHoldings(
  listed: readonly ListedHolding[],
  { identity, storesLinks }: Pick<HeldInToken, "identity" | "storesLinks">,
): string {
  const head = `token ${identity.label}  ${identity.model}  serial ${identity.serial}`;
  const note = storesLinks
    ? []
    : ["This token stores no data objects, so it remembers neither copies nor whose a key is."];
  const owners = [...new Set(listed.map(({ owner }) => owner))];
  const blocks = owners.map((owner) => block(listed.filter((one) => one.owner === owner)));
  return `${[[head, ...note], ...(blocks.length === 0 ? [["It holds no keys of this package."]] : blocks)]
    .map((lines) => lines.join("\n"))
    .join("\n\n")}\n`;
}

function block(versions: readonly ListedHolding[]): readonly string[] {
  const [first] = versions;
  if (first === undefined) return [];
  const { name, spec, kind, sourceKey, owner } = first;
  const place =
    kind === "kept" ? "" : sourceKey === undefined ? ", of no SourceKey of this stack" : `, SourceKey ${sourceKey}`;
  return [`${name}  ${spec}  ${kinds[kind]}${place}`, `owner ${owner}`, ...branches(versions, version)];
}

function version({ version: number, exportable, deactivated, ...holding }: ListedHolding): readonly string[] {
  const state = exportable ? (deactivated ? "deactivated" : "exportable") : "closed";
  return [
    `version ${number}  ${state}  check value ${holding.checkValue}  CKA_ID ${holding.id}`,
    `  fingerprint ${holding.fingerprint.method}:${holding.fingerprint.value}`,
    ...(holding.since === undefined ? [] : [`  since ${holding.since}`]),
    ...(holding.holders.length === 0 ? [] : [`  held by ${holding.holders.join(", ")} of this stack`]),
    ...(holding.copies.length === 0 ? ["no copies remembered"] : branches(holding.copies, copy)).map(
      (line) => `  ${line}`,
    ),
  ];
}

const copy = (link: CopyLink): readonly string[] => [
  `${link.copyName}  ${copyFate(link)}`,
  `  ${keyOfCopy(link.arn)}`,
  `  copied ${link.copiedAt} by ${link.copiedBy}`,
];

/** What becomes of a copy, as the token remembers it: whether the cloud has deleted it by now, or somebody took that back, no token knows. */
export function copyFate({ arn, deletionDate }: Pick<CopyLink, "arn" | "deletionDate">): string {
  if (isExportedCopy(arn)) return "a .byok file";
  return deletionDate === undefined
    ? "not scheduled for deletion"
    : `scheduled for deletion on ${deletionDate.slice(0, 10)}`;
}
