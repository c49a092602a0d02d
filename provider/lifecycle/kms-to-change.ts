import { ByokError } from "../model/errors";
import type { KmsPort } from "../model/ports/kms";
import { connectedKms, type AccountGroup } from "./connected-kms";
import type { LifecycleContext } from "./contract";

/**
 * As {@link connectedKms}, to make or change something. Removals never wait for permissions.
 *
 * @throws ByokError BYOK_AWS_ACCESS_DENIED where the group requires its permissions and nobody could look for them yet
 */
export function kmsToChange(
  context: LifecycleContext,
  group: AccountGroup & { readonly permissionsUnjudged?: boolean | undefined },
): Promise<KmsPort> {
  if (group.permissionsUnjudged !== true) return connectedKms(context, group);
  throw new ByokError(
    "BYOK_AWS_ACCESS_DENIED",
    'The group requires its permissions (permissionCheck: "require"), and nobody could look for them yet. Nothing was changed.',
    { hint: "Run pulumi up again once AWS can be reached.", retryable: true },
  );
}
