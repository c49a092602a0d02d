import { ByokError } from "../model/errors";
import { awsIdentity, inventoryRecord, type InventoryRecord } from "../model/inventory";
import { packInventory, unpackInventory } from "../model/packed-inventory";
import { connectionOf } from "./connection-of";
import type { LifecycleContext } from "./contract";
import { awsKeyInventoryInputs, type AwsKeyInventoryInputs } from "./inputs/aws-key-inventory-inputs";
import { keyInventory } from "./key-inventory";

/** All keys of an account and Region. */
export const awsKeyInventory = keyInventory<AwsKeyInventoryInputs, InventoryRecord>({
  kind: "AwsKeyInventory",
  idPrefix: "aws-key-inventory",
  inputs: awsKeyInventoryInputs,
  group: awsKeyInventoryInputs.shape.group,
  watchedOfGroup: ["account", "region", "endpoint", "credentials", "tls", "quotas"],
  place: ({ group: { account, region } }) => ({ account, region }),
  identify: awsIdentity,
  unpack: unpackInventory,
  pack: packInventory,

  isIncluded(record, { include }) {
    const { managedBy, origins, aliasPrefix } = include ?? {};
    return (
      (managedBy === undefined || managedBy.includes(record.managedBy)) &&
      // What may not be described might be what is looked for.
      (origins === undefined || record.origin === undefined || origins.some((origin) => origin === record.origin)) &&
      (aliasPrefix === undefined || record.aliases.some((alias) => alias.startsWith(aliasPrefix)))
    );
  },

  list: listAccount,
});

async function* listAccount(
  context: LifecycleContext,
  { group, managed, rotations }: AwsKeyInventoryInputs,
): AsyncGenerator<InventoryRecord, void, undefined> {
  const port = context.kmsInventory(connectionOf(group));
  const caller = await port.callerIdentity();
  if (caller.account !== group.account)
    throw new ByokError(
      "BYOK_AWS_WRONG_ACCOUNT",
      `The credentials belong to account ${caller.account}, and the group to ${group.account}.`,
      { hint: "Use credentials of the group's account." },
    );
  const own = { resources: new Map(Object.entries(managed ?? {})), told: managed !== undefined };
  for await (const key of port.keys({ rotations })) yield inventoryRecord(key, own);
}
