import { azureVersionsIn } from "../model/azure-key-versions";
import { ByokError } from "../model/errors";
import { absentKey } from "./azure-key/absent-key";
import { checkAzureKey } from "./azure-key/check-azure-key";
import { adoptedGoal, asFound } from "./azure-key/as-found";
import { parseAzureKey, azureKeyInputsKept, type AzureKeyGoal } from "./azure-key/azure-key-inputs";
import { changesOfAzureKey, diffAzureKey, isAzureRecordOnly } from "./azure-key/diff-azure-key";
import { ensureAzureKey } from "./azure-key/ensure-azure-key";
import { locateAzureKey } from "./azure-key/locate-azure-key";
import { noteReturn, noteStillThere } from "./azure-key/note-return";
import { observeVersions, takenOverBy } from "./azure-key/observe-versions";
import { isBehind, requireFreshState } from "./azure-key/keep-policy";
import { plannedFromOutputs } from "./azure-key/plan-azure-version";
import { readAzureKey } from "./azure-key/read-azure-key";
import { removeAzureKey } from "./azure-key/remove-azure-key";
import { restoreBackup } from "./azure-key/restore-backup";
import { unprovenRefusal } from "./azure-key/unproven-version";
import { groupOf, identityOf, nameOf } from "./aws-kms-key/key-material";
import { azureConnectionOf } from "./azure-connection-of";
import type { Lifecycle, PlainRecord } from "./contract";
import { azureKeyInputs } from "./inputs/azure-key-inputs";
import { remembered } from "./remembered";
import { textList } from "./text-list";

/** A key of a vault, with a version for each version of its material. Its id is its lineage: random, and tagged on each version. */
export const azureKey: Lifecycle = {
  kind: "AzureKey",

  check: checkAzureKey,

  diff(context, _id, olds, news) {
    return Promise.resolve(diffAzureKey(context, olds, news));
  },

  async create(context, record) {
    const inputs = parseAzureKey(record);
    const port = context.keyVault(azureConnectionOf(inputs.group));
    const lineage = context.random(16).toString("hex");
    const adopted = await locateAzureKey(context, port, inputs);
    const goal = adopted === undefined ? inputs : await adoptedGoal(port, inputs, adopted);
    return { id: lineage, outputs: await ensureAzureKey(context, port, { lineage, inputs: goal, olds: {}, adopted }) };
  },

  read: readAzureKey,

  async update(context, id, olds, checked) {
    const record = plannedFromOutputs(olds, checked);
    const refusal = unprovenRefusal(olds, record);
    if (refusal !== undefined) throw refusal;
    const inputs = parseAzureKey(asFound(record, olds));
    const changed = changesOfAzureKey(olds, record);
    requireFreshState(record, olds, undefined);
    // What Azure made stays known: a trigger that plans the same number would be taken for made.
    const seenVersion = isBehind(record, olds) ? { version: olds["version"] } : {};
    if (isAzureRecordOnly(changed) && textList(olds["pending"]).length === 0)
      return remembered(olds, { ...azureKeyInputsKept(inputs), ...seenVersion }, Object.keys(azureKeyInputs.shape));
    const port = context.keyVault(azureConnectionOf(inputs.group));
    const known = azureVersionsIn(olds);
    const asked = { lineage: id, owner: inputs.owner, version: inputs.version, known };
    const observed = await observeVersions(port, inputs.name, asked);
    if (observed.own.length === 0 && observed.foreign.length === 0) {
      const deleted = await absentKey(context, port, inputs, { id, outputs: olds });
      if (deleted !== undefined) return deleted;
      await restoreBackup(context, port, inputs);
    } else await (olds["keyState"] === "Deleted" ? noteReturn : noteStillThere)(context, inputs, known);
    const other = takenOverBy(observed, id, olds);
    if (other !== undefined)
      throw new ByokError(
        "BYOK_OWNED_BY_ANOTHER",
        `${String(olds["keyId"])} belongs to another resource now (lineage ${other}).`,
        {
          hint: "If this resource should have it, adopt it there; if not, remove it here with pulumi state delete.",
        },
      );
    return ensureAzureKey(context, port, { lineage: id, inputs, olds: leavingSource(olds, inputs) });
  },

  delete: removeAzureKey,
};

/** Of versions whose source the key leaves behind, the state keeps how their token is reached: it has to hear when the copy goes. */
function leavingSource(olds: PlainRecord, inputs: AzureKeyGoal): PlainRecord {
  const before = parseAzureKey(olds);
  if (identityOf(before) === identityOf(inputs)) return olds;
  const token = groupOf(before.material)?.token;
  const source = nameOf(before.material);
  return {
    ...olds,
    versions: azureVersionsIn(olds).map((version) =>
      version.source === source && version.sourceOwner !== undefined ? { ...version, token } : version,
    ),
  };
}
