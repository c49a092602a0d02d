import { sameAzureDate } from "../../model/azure-dates";
import { hasUnknown } from "../../model/unknown";
import { compromiseOf, groupOf, nameOf } from "../aws-kms-key/key-material";
import type { DiffResult, LifecycleContext, PlainRecord } from "../contract";
import { isRecord } from "../is-record";
import { changedProperties, sameJson } from "../same-json";
import { textList } from "../text-list";
import { isBehind, laggingSentence, triggerIsLost } from "./keep-policy";
import { deletedSentence, destroyedSentence } from "./absent-key";
import { backupFileIn } from "./azure-key-inputs";
import { asFound } from "./as-found";
import { azureMaterialIn } from "./byok-material";
import { foretellOther } from "./wrapping-key-asked";
import { plannedFromOutputs } from "./plan-azure-version";
import { unprovenRefusal } from "./unproven-version";

/** What only the state and the next act use: a change of it is recorded and writes nothing to the vault. */
const recordedOnly = ["allowPlaintext", "follow", "rotationTrigger", "materialDigest", "deletion"];
const simple = [
  ...["tags", "enabled", "version", "afterRotation", "rotation", "expectedPublicKeySha256"],
  ...recordedOnly,
];

/** The properties in which wanted inputs differ from recorded outputs; the connections count under `group` and `material`. */
export function changesOfAzureKey(olds: PlainRecord, wanted: PlainRecord): readonly string[] {
  const news = asFound(wanted, olds);
  const changed = changedProperties(olds, news, simple).filter((name) => name !== "version" || !isBehind(news, olds));
  if (!sameJson([...textList(olds["operations"])].sort(), [...textList(news["operations"])].sort()))
    changed.push("operations");
  for (const name of ["notBefore", "expiresOn"])
    if (!sameAzureDate(dateIn(olds[name]), dateIn(news[name]))) changed.push(name);
  if (backupFileIn(olds) !== backupFileIn(news)) changed.push("backup");
  if (!sameJson(connectionIn(olds), connectionIn(news))) changed.push("group");
  if (!sameJson(tokenIn(olds), tokenIn(news))) changed.push("material");
  return changed;
}

/** True where an update has nothing to do but to remember. */
export const isAzureRecordOnly = (changed: readonly string[]): boolean =>
  changed.every((name) => [...recordedOnly, "backup", "group", "material"].includes(name));

/** Another vault or name means another key; all else is an update, and an unknown never replaces. */
export function diffAzureKey(context: LifecycleContext, olds: PlainRecord, checked: PlainRecord): DiffResult {
  const news = plannedFromOutputs(olds, checked);
  const replaces = ["vaultUrl", "name"].filter(
    (name) =>
      typeof olds[name] === "string" &&
      typeof news[name] === "string" &&
      olds[name].toLowerCase() !== news[name].toLowerCase(),
  );
  if (replaces.length > 0) {
    context.log.warn(
      `is replaced: a key of Azure never moves or changes its name. ${String(news["name"])} is made in ${String(news["vaultUrl"])}; then ${String(olds["keyId"])} is soft-deleted, and what names it stops working until it is recovered.`,
    );
    return { changes: true, replaces };
  }
  if (olds["keyState"] === "Destroyed") {
    context.log.warn(destroyedSentence(dateIn(olds["scheduledPurgeDate"]) ?? ""));
    return { changes: false, replaces: [] };
  }
  const changed = changesOfAzureKey(olds, news).filter((name) => !hasUnknown(news[name]) || name !== "group");
  const unfinished = textList(olds["pending"]).length > 0;
  if (olds["keyState"] === "Deleted") context.log.warn(deletedSentence(String(olds["scheduledPurgeDate"])));
  else warnOfChanges(context, olds, news, changed);
  return { changes: changed.length > 0 || unfinished, replaces: [] };
}

function warnOfChanges(
  context: LifecycleContext,
  olds: PlainRecord,
  news: PlainRecord,
  changed: readonly string[],
): void {
  const { log } = context;
  const refusal = unprovenRefusal(olds, news);
  if (refusal !== undefined) log.warn(`pulumi up is going to be refused: ${refusal.sentence}`);
  if (triggerIsLost(news, olds)) log.warn(laggingSentence);
  if (changed.includes("rotation") && !hasUnknown(news["rotation"])) log.info(policyChange(news));
  if (changed.includes("version") && typeof olds["version"] === "number") log.warn(rotationSentence(olds, news));
  if (changed.includes("version")) foretellOther(context, olds, news);
  const [before, now] = [azureMaterialIn(olds), azureMaterialIn(news)].map((material) =>
    material === undefined ? undefined : compromiseOf(material),
  );
  if (now !== undefined && before !== now)
    log.warn(
      `its source is compromised since ${now}: every version is disabled, and what they encrypted cannot be read until they are enabled again. Give the key other material for a new version, and encrypt anew with that.`,
    );
  else if (changed.includes("enabled") && news["enabled"] === false)
    log.warn(
      "every version of it is disabled: nothing can be encrypted, decrypted, signed or verified with it until enabled is true again.",
    );
  if (changed.includes("expiresOn") && typeof news["expiresOn"] === "string")
    log.warn(
      `expires on ${news["expiresOn"]}: from then on Azure encrypts, wraps and signs with it no more, while decrypt, unwrapKey and verify go on working. (On AWS KMS an expiry of key material stops everything.)`,
    );
  if (changed.includes("operations")) {
    const wanted = textList(news["operations"]);
    const lost = textList(olds["operations"]).filter((operation) => !wanted.includes(operation));
    if (lost.length > 0) log.warn(`callers can use it no more to ${lost.join(", ")}.`);
  }
}

const policyChange = ({ rotation }: PlainRecord): string =>
  rotation === undefined
    ? "Azure's rotation policy is taken away: Azure makes no more versions by itself."
    : "Azure's rotation policy is set: Azure makes versions by itself, with new material that nobody else has; callers that name no version use them at once.";

function rotationSentence(olds: PlainRecord, news: PlainRecord): string {
  const material = azureMaterialIn(news);
  const from = material === undefined ? "" : ` (material: ${nameOf(material)})`;
  const name = String(olds["name"]);
  const former = `version ${String(olds["version"])}`;
  const fate =
    news["afterRotation"] === "disable"
      ? `${former} is disabled then: what it encrypted or signed cannot be decrypted or verified with it until it is enabled again`
      : `${former} stays, and what it encrypted or signed is decrypted and verified by its version as before`;
  return `is rotated to version ${String(news["version"])}${from}: a new version under the same name, which callers that name no version use from then on (${name}). ${fate}.`;
}

const dateIn = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

const connectionIn = ({ group }: PlainRecord): unknown =>
  isRecord(group)
    ? Object.fromEntries(
        ["cloud", "subscriptionId", "tier", "endpoint", "credentials", "tls"].map((name) => [name, group[name]]),
      )
    : undefined;

/** Which token; another file, or another source key, is another version. */
function tokenIn(record: PlainRecord): unknown {
  const material = azureMaterialIn(record);
  return material === undefined ? undefined : groupOf(material)?.token;
}
