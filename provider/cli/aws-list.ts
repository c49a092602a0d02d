import { awsIdentity, inventoryRecordSchema, type InventoryRecord } from "../model/inventory";
import type { CloudList } from "./cloud-list";
import { printRecord } from "./print-inventory";

/** The list of an account and Region. */
export const awsList = ({
  account,
  region,
}: {
  readonly account: string;
  readonly region: string;
}): CloudList<InventoryRecord> => ({
  place: { account, region },
  record: inventoryRecordSchema,
  namedBy: "id, ARN or alias (alias/NAME)",
  placeWords: (place) => `account ${String(place["account"])}, ${String(place["region"])}`,
  identify: awsIdentity,
  namesOf: ({ keyId, arn, aliases }) => [keyId, arn, ...aliases],
  isFree: ({ managedBy }) => managedBy !== "AWS" && managedBy !== "this stack",
  print: printRecord,
});
