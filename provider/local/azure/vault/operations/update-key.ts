import { z } from "zod";
import { type VaultOperation, secondsOf } from "../call";
import { requireKey, requireVersion } from "../find-key";
import { bundle } from "../key-bundle";
import { readBody } from "../read-body";
import { applySettings, readOperations, settingsFields } from "../version-settings";

const bodySchema = z.object({ key_ops: z.array(z.string()).nullish(), ...settingsFields });

/** UpdateKey: of one version; a path without one means the newest. */
export const updateKey: VaultOperation = (call) => {
  const key = requireKey(call);
  const before = requireVersion(call, key);
  const body = readBody(call.body, bodySchema);
  const settings = applySettings(body, before);
  const { key_ops: asked } = body;
  const operations = asked === undefined || asked === null ? before.operations : readOperations(asked, before.kty);
  const after = {
    ...before,
    ...settings,
    tags: { ...settings.tags },
    operations: [...operations],
    updated: secondsOf(call.now),
  };
  call.vaults.store.put({ ...key, versions: key.versions.map((version) => (version === before ? after : version)) });
  return bundle(call.vault, key, after);
};
