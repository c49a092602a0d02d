import { ByokError } from "../model/errors";
import { vaultPermissions } from "../model/ports/key-vault";
import {
  checkVaultGroup,
  connectionProperties,
  requirePurgeProtection,
} from "./azure-key-vault-group/check-vault-group";
import { findVault, type FoundVault } from "./azure-key-vault-group/find-vault";
import {
  anotherKeySentence,
  hasExpired,
  keepsWrappingKey,
  keptWrappingKey,
  makeGroupWrappingKey,
  pinnedIn,
  protectionOf,
  removeGroupWrappingKeys,
  seeWrappingKey,
  tellsAnotherKey,
  wrappingKeyOutput,
} from "./azure-key-vault-group/group-wrapping-key";
import { azureConnectionOf } from "./azure-connection-of";
import { PartialFailure, type Lifecycle, type LifecycleContext, type PlainRecord } from "./contract";
import { azureKeyVaultGroupInputs, type AzureKeyVaultGroupInputs } from "./inputs/azure-key-vault-group-inputs";
import { pickDefined } from "./pick-defined";
import { changedProperties } from "./same-json";

const watched = [
  ...connectionProperties,
  ...["kek", "template", "requiredTags", "allowedSpecs"],
  ...["requireConnected", "permissionCheck", "requirePurgeProtection"],
  ...["missingPermissions", "purgeProtection", "retentionDays"],
];

/**
 * A vault or managed HSM and how to reach it. In the cloud it is a wrapping key at most: one that this resource made, under which the group's keys
 * are imported, and that goes with it.
 */
export const azureKeyVaultGroup: Lifecycle = {
  kind: "AzureKeyVaultGroup",

  check: checkVaultGroup,

  diff(context, _id, olds, news) {
    const replaces = ["tenantId", "vaultUrl"].filter(
      (name) => typeof olds[name] === "string" && typeof news[name] === "string" && !sameText(olds[name], news[name]),
    );
    if (replaces.length > 0)
      context.log.warn(
        `is in another ${replaces.includes("vaultUrl") ? "vault" : "tenant"} now, so it is replaced: no key moves from ${String(olds["vaultUrl"])} to ${String(news["vaultUrl"])}; each key of the group is made there, and deleted here afterwards.`,
      );
    const disconnected = olds["connected"] === false;
    const reason = olds["notConnectedReason"];
    if (disconnected)
      context.log.warn(
        `was not connected the last time; pulumi up tries again.${typeof reason === "string" ? ` ${reason}` : ""}`,
      );
    const expired = wantsWrappingKey(news) && hasExpired(olds, context.clock());
    if (expired) context.log.info("Azure let its wrapping key expire; it makes another one.");
    const unfinished = expired || (wantsWrappingKey(news) && pinnedIn(olds) === undefined);
    const isAltered = tellsAnotherKey(olds);
    if (isAltered) context.log.warn(anotherKeySentence);
    const changes = replaces.length > 0 || changedProperties(olds, news, watched).length > 0;
    return Promise.resolve({ changes: changes || disconnected || unfinished || isAltered, replaces });
  },

  async create(context, record) {
    const inputs = azureKeyVaultGroupInputs.parse(record);
    const id = `azure-key-vault-group-${context.random(8).toString("hex")}`;
    return { id, outputs: await connectedOutputs(context, inputs, {}, id) };
  },

  async read(context, _id, outputs) {
    const inputs = azureKeyVaultGroupInputs.parse(inputsIn(outputs));
    try {
      const found = await look(context, inputs, outputs);
      return { outputs: found, inputs: inputsIn(found) };
    } catch (error) {
      const { sentence } = ByokError.from(error, "Connecting to Azure");
      context.log.warn(`not connected: ${sentence}`);
      return { outputs: { ...outputs, ...notConnected(sentence) }, inputs: inputsIn(outputs) };
    }
  },

  update(context, id, olds, news) {
    return connectedOutputs(context, azureKeyVaultGroupInputs.parse(news), olds, id);
  },

  async delete(context, id, outputs) {
    const inputs = azureKeyVaultGroupInputs.parse(inputsIn(outputs));
    const { vaultUrl } = inputs;
    // One that a refresh did not trust any more, or that an update lost sight of, goes too.
    const mayHaveOne = keepsWrappingKey(inputs) && outputs["connected"] === true;
    if (vaultUrl === undefined || (pinnedIn(outputs) === undefined && !mayHaveOne)) return;
    const port = context.keyVault(azureConnectionOf({ ...inputs, vaultUrl }));
    await removeGroupWrappingKeys(context, port, { ...inputs, vaultUrl }, id);
  },
};

const sameText = (one: unknown, other: unknown): boolean => String(one).toLowerCase() === String(other).toLowerCase();

const wantsWrappingKey = (news: PlainRecord): boolean => {
  const { data } = azureKeyVaultGroupInputs.safeParse(inputsIn(news));
  return data !== undefined && keepsWrappingKey(data);
};

async function connectedOutputs(
  context: LifecycleContext,
  inputs: AzureKeyVaultGroupInputs,
  olds: PlainRecord,
  id: string,
): Promise<PlainRecord> {
  let found: FoundVault;
  try {
    found = await findVault(context, inputs);
  } catch (error) {
    const failure = ByokError.from(error, "Connecting to Azure");
    if (inputs.requireConnected !== false || failure.code === "BYOK_AZURE_WRONG_TENANT") throw failure;
    return { ...inputsIn(inputs), ...pickDefined(olds, ["wrappingKey"]), ...notConnected(failure.sentence) };
  }
  const place = { ...inputs, vaultUrl: found.url };
  const connected = { ...inputsIn(place), ...observedOf(found) };
  const pin = pinnedIn(olds);
  const sameKind = changedProperties(olds, inputs, ["kek"]).length === 0;
  const keeps = keepsWrappingKey(inputs);
  if (pin !== undefined && keeps && sameKind) {
    const seen = await seeWrappingKey(found.port, pin, context.clock());
    if (seen.fault === undefined) return { ...connected, ...keptWrappingKey(olds, seen) };
  }
  if (!keeps) {
    // A refresh may have let go of the pin; what tokens have of their own is there all the same.
    if (pin !== undefined || wantsWrappingKey(olds)) await removeGroupWrappingKeys(context, found.port, place, id);
    return connected;
  }
  const made = await makeGroupWrappingKey(context, found.port, place, id);
  const outputs = { ...connected, wrappingKey: wrappingKeyOutput(made) };
  try {
    if (inputs.purgeProtection !== undefined) return outputs;
    const learned = await protectionOf(found.port, made.id);
    requirePurgeProtection(context, inputs, learned.purgeProtection);
    return { ...outputs, ...learned };
  } catch (error) {
    throw new PartialFailure(id, outputs, ByokError.from(error, "Reading the wrapping key"));
  }
}

const observedOf = ({ caller, seen }: FoundVault): PlainRecord => ({
  connected: true,
  callerObjectId: caller.objectId,
  ...(seen === undefined ? {} : { vaults: seen }),
});

/** A refresh looks for the permissions, the purge protection and the wrapping key again. */
async function look(
  context: LifecycleContext,
  inputs: AzureKeyVaultGroupInputs,
  outputs: PlainRecord,
): Promise<PlainRecord> {
  const { missingPermissions: _missed, ...rest } = inputs;
  const found = await findVault(context, rest);
  const protection =
    found.facts === undefined
      ? {}
      : { purgeProtection: found.facts.purgeProtection, retentionDays: found.facts.retentionDays };
  const missing = rest.permissionCheck === "off" ? [] : await found.port.missingPermissions(vaultPermissions);
  const pin = pinnedIn(outputs);
  const seen = pin === undefined ? undefined : await seeWrappingKey(found.port, pin, context.clock());
  const fault = seen?.fault;
  if (tellsAnotherKey(outputs)) context.log.warn(`drift: ${anotherKeySentence}`);
  if (fault !== undefined)
    context.log.warn(
      `its wrapping key ${String(pin?.id)} is not used any more: ${fault}. pulumi up makes another one.`,
    );
  return {
    ...inputsIn({ ...rest, vaultUrl: found.url }),
    ...observedOf(found),
    ...protection,
    ...(missing.length === 0 ? {} : { missingPermissions: missing }),
    ...(seen !== undefined && fault === undefined ? keptWrappingKey(outputs, seen) : {}),
  };
}

const notConnected = (reason: string): PlainRecord => ({ connected: false, notConnectedReason: reason });

const inputsIn = (record: PlainRecord): PlainRecord => pickDefined(record, Object.keys(azureKeyVaultGroupInputs.shape));
