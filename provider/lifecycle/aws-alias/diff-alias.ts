import { moveConsequence } from "../../model/alias-move";
import { hasUnknown, UNKNOWN } from "../../model/unknown";
import { connectionChanged } from "../connection-changed";
import type { DiffResult, LifecycleContext, PlainRecord } from "../contract";

/** Another name, account or Region is another alias; another key is a move. */
export function diffAlias(context: LifecycleContext, olds: PlainRecord, news: PlainRecord): DiffResult {
  const differs = (name: string): boolean =>
    typeof olds[name] === "string" && typeof news[name] === "string" && olds[name] !== news[name];
  const replaces = ["name", "account", "region"].filter(differs);
  if (replaces.length > 0) {
    context.log.warn(
      `${String(olds["name"])} in account ${String(olds["account"])}, Region ${String(olds["region"])} is deleted once ${String(news["name"])} ` +
        `in ${String(news["account"])}, ${String(news["region"])} is there: callers that name it fail from then on.`,
    );
    return { changes: true, replaces };
  }
  const moves = differs("targetKeyId");
  if (moves) {
    const former = { spec: String(olds["keySpec"]), usage: String(olds["keyUsage"]) };
    context.log.warn(
      `${String(news["name"])} moves from ${String(olds["targetKeyId"])} to ${String(news["targetKeyId"])}. ${moveConsequence(former)}`,
    );
  }
  if (news["targetKeyId"] === UNKNOWN && typeof olds["targetKeyId"] === "string") sayOfUnknownKey(context, olds);
  return { changes: moves || connectionChanged(olds["group"], news["group"]) || hasUnknown(news), replaces: [] };
}

/** A preview does not know what becomes of a key that changes in the same run: a rotation may make another one of it. */
function sayOfUnknownKey({ log }: LifecycleContext, olds: PlainRecord): void {
  const former = { spec: String(olds["keySpec"]), usage: String(olds["keyUsage"]) };
  const sentence = `its key changes in the same run; should it be another KMS key then, ${String(olds["name"])} moves to it. ${moveConsequence(former)}`;
  if (former.spec === "SYMMETRIC_DEFAULT") log.info(sentence);
  else log.warn(sentence);
}
