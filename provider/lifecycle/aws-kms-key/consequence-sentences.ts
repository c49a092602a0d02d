import { dayOf, lostWith } from "../../model/deletion-consequence";
import { deletionWindow } from "../../model/deletion-window";
import { keySpecFacts } from "../../model/key-spec";
import type { PlainRecord } from "../contract";
import { isRecord } from "../is-record";
import { keySpecSchema } from "../inputs/shared-shapes";
import { textList } from "../text-list";
import { materialDeletionWord } from "./delete-material";
import { recordedReplicas } from "./replicas/recorded-replicas";
import { removalWord } from "./removal-word";

// Each sentence tells what becomes of what the key encrypted, who depends on it, until when it can be taken back, and the word, where one is asked for.

const dayInMs = 86_400_000;

/** The end of a sentence about a key that AWS deletes. */
export const lostWithKey = (olds: PlainRecord): string => {
  const spec = keySpecSchema.safeParse(olds["spec"]).data ?? "AES_256";
  const { material } = olds;
  const origin = isRecord(material) && material["native"] === true ? "AWS_KMS" : "EXTERNAL";
  return lostWith({ spec: keySpecFacts[spec].aws, usage: String(olds["usage"]), origin });
};

/** Who names the key: its aliases. */
const callersOf = (olds: PlainRecord): string => {
  const aliases = textList(olds["aliases"]);
  return aliases.length === 0 ? "No alias of this resource points to it." : `It answers to ${aliases.join(", ")}.`;
};

/** A replacement makes a new key elsewhere and lets the old one go. */
export function replacementSentence(id: string, olds: PlainRecord, news: PlainRecord, now: Date): string {
  const days = typeof olds["deletionWindowInDays"] === "number" ? olds["deletionWindowInDays"] : deletionWindow.default;
  const word = removalWord({
    arn: String(olds["arn"]),
    lineage: id,
    version: Number(olds["version"]),
    state: String(olds["keyState"]),
    days,
  });
  return (
    `moves to account ${String(news["account"])}, Region ${String(news["region"])}: a new KMS key with the same material is made there, and ${String(olds["arn"])} is scheduled for deletion. ` +
    `${callersOf(olds)} ${whenLost(olds, days, now)} ${lostWithKey(olds)} Until then kms:CancelKeyDeletion takes that back.` +
    (word === undefined ? "" : ` To go on: BYOK_CONFIRM=${word} in the environment.`)
  );
}

/** AWS deletes the replicas of a multi-Region key after its days, and the primary only after as many again. */
function whenLost(olds: PlainRecord, days: number, now: Date): string {
  const dayAfter = (count: number): string => dayOf(new Date(now.getTime() + count * dayInMs));
  const regions = [String(olds["region"]), ...recordedReplicas(olds).map(({ region }) => region)];
  if (regions.length === 1) return `After ${days} days (${dayAfter(days)})`;
  const primary = typeof olds["primaryRegion"] === "string" ? olds["primaryRegion"] : String(olds["region"]);
  const others = regions.filter((region) => region !== primary);
  return `It goes in every Region: in ${others.join(", ")} after ${days} days (${dayAfter(days)}), and the primary in ${primary} ${days} days later (${dayAfter(2 * days)}); then`;
}

/** Somebody, or a schedule, lets the key go already. */
export const leavingSentence = (olds: PlainRecord): string =>
  `is scheduled for deletion: AWS deletes it on ${String(olds["deletionDate"]).slice(0, 10)}, and then ${lostWithKey(olds)} ${callersOf(olds)} Until then kms:CancelKeyDeletion takes that back.`;

/** `enabled: false`. */
export const disablingSentence = (olds: PlainRecord): string =>
  `is going to be disabled: nothing that it encrypted can be read, and every other use of it fails, until it is enabled again (enabled: true). ${callersOf(olds)}`;

/** Aliases that the program does not name any more. */
export const lostAliasesSentence = (aliases: readonly string[], olds: PlainRecord): string =>
  `${aliases.join(", ")} will be deleted: callers that name it fail from then on, until it is made again. What was encrypted stays readable by the key itself, ${String(olds["arn"])}.`;

/** `materialState: "deleted"`. */
export function materialDeletionSentence(id: string, olds: PlainRecord, news: PlainRecord): string {
  const word = materialDeletionWord({ arn: String(olds["arn"]), lineage: id, version: Number(news["version"]) });
  return (
    `its key material is going to be deleted${inEveryRegion(news)}, at once: nothing that it encrypted can be read until materialState is "imported" again, which needs this very material. ` +
    `${callersOf(olds)} It can be taken back for as long as that is kept. To go on: confirm: "${word}".`
  );
}

const inEveryRegion = (news: PlainRecord): string => {
  const regions = recordedReplicas(news).map(({ region }) => region);
  return regions.length === 0 ? "" : ` in ${[String(news["region"]), ...regions].join(", ")}`;
};

/** Another key policy. */
export const policySentence = (olds: PlainRecord): string =>
  `its key policy changes at once: callers that only the former policy allows can neither read nor write with it from then on, until a policy allows them again. ${callersOf(olds)}`;
