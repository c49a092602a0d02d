import type { AwsConnection } from "../model/aws-connection";
import type { KmsInventoryPort } from "../model/ports/kms-inventory";
import { AwsCaller } from "./aws-caller";
import { surroundingsOf, type CloudDeps } from "../network/cloud-deps";
import { listedKeys } from "./listed-keys";
import { processShared } from "./process-shared";

/** Opens the reading of a whole account and Region. Nothing is loaded, read or connected before the first call. */
export const openKmsInventory = (connection: AwsConnection, deps: CloudDeps): KmsInventoryPort =>
  kmsInventoryPort(new AwsCaller(connection, surroundingsOf(deps), processShared));

/** The port over a caller of one's own. */
export const kmsInventoryPort = (caller: AwsCaller): KmsInventoryPort => ({
  callerIdentity: () => caller.checkedIdentity(),
  keys: (options = {}) => listedKeys(caller, options),
});
