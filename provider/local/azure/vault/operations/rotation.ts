import { z } from "zod";
import { badParameter } from "../../azure-error";
import type { RotationPolicy, VaultKey } from "../../records";
import { type VaultCall, type VaultOperation, secondsOf } from "../call";
import { requireKey } from "../find-key";
import { daysOf } from "../iso-duration";
import { bundle } from "../key-bundle";
import { keyIdOf } from "../key-bundle";
import { addVersion } from "../new-version";
import { readBody } from "../read-body";
import { rotatedVersion } from "../rotate";

/** RotateKey: a new version now, whatever the policy says of the time. */
export const rotateKey: VaultOperation = async (call) => {
  const version = await rotatedVersion(requireKey(call), call.now);
  return bundle(call.vault, addVersion(call, version), version);
};

const bodySchema = z.object({
  lifetimeActions: z
    .array(
      z.object({
        trigger: z.object({ timeAfterCreate: z.string().nullish(), timeBeforeExpiry: z.string().nullish() }),
        // Compared without regard to case, as the service does.
        action: z.object({ type: z.string().transform((type) => type.toLowerCase()) }),
      }),
    )
    .nullish(),
  attributes: z.object({ expiryTime: z.string().nullish() }).nullish(),
});

export const setRotationPolicy: VaultOperation = (call) => {
  const key = requireKey(call);
  const body = readBody(call.body, bodySchema);
  const expiryTime = body.attributes?.expiryTime ?? null;
  if (expiryTime !== null && daysOf(expiryTime) < 28) throw badParameter("The expiry time must be at least 28 days.");
  const actions = (body.lifetimeActions ?? []).map(({ trigger, action }) =>
    readAction(trigger, action.type, expiryTime, call.vault.tier === "managed-hsm" ? 28 : 7),
  );
  for (const type of ["Rotate", "Notify"]) {
    if (actions.filter(({ action }) => action === type).length > 1)
      throw badParameter(`A rotation policy has at most one ${type} action.`);
  }
  const now = secondsOf(call.now);
  const rotationPolicy = { actions, expiryTime, created: key.rotationPolicy?.created ?? now, updated: now };
  const changed = { ...key, rotationPolicy };
  call.vaults.store.put(changed);
  return policyAnswer(call, changed, rotationPolicy);
};

interface AskedTrigger {
  readonly timeAfterCreate?: string | null | undefined;
  readonly timeBeforeExpiry?: string | null | undefined;
}

/** A Managed HSM makes no version more often than every 28 days. */
function readAction(
  asked: AskedTrigger,
  type: string,
  expiryTime: string | null,
  leastDays: number,
): RotationPolicy["actions"][number] {
  const action = type === "rotate" ? "Rotate" : type === "notify" ? "Notify" : undefined;
  if (action === undefined) throw badParameter("A lifetime action is Rotate or Notify.");
  const trigger = { timeAfterCreate: asked.timeAfterCreate ?? null, timeBeforeExpiry: asked.timeBeforeExpiry ?? null };
  const times = Object.values(trigger).filter((time) => time !== null);
  if (times.length !== 1) throw badParameter("A trigger names timeAfterCreate or timeBeforeExpiry.");
  if (times.some((time) => daysOf(time) < 7))
    throw badParameter("A trigger is at least 7 days after creation or before expiry.");
  if (trigger.timeAfterCreate !== null && daysOf(trigger.timeAfterCreate) < leastDays)
    throw badParameter(`A version is replaced ${String(leastDays)} days after its creation at the earliest.`);
  if (action === "Notify" && trigger.timeAfterCreate !== null)
    throw badParameter("Notify is triggered by timeBeforeExpiry only.");
  if (action === "Rotate" && trigger.timeBeforeExpiry !== null && expiryTime === null)
    throw badParameter("Rotate by timeBeforeExpiry needs an expiry time.");
  const [time = ""] = times;
  if (expiryTime !== null && daysOf(time) >= daysOf(expiryTime))
    throw badParameter("A trigger lies within the expiry time.");
  return { trigger, action };
}

/** A key without a policy shows the one that every key begins with: a notification thirty days before expiry. */
const initialPolicy: Pick<RotationPolicy, "actions" | "expiryTime"> = {
  actions: [{ trigger: { timeAfterCreate: null, timeBeforeExpiry: "P30D" }, action: "Notify" }],
  expiryTime: null,
};

export const getRotationPolicy: VaultOperation = (call) => {
  const key = requireKey(call);
  return policyAnswer(call, key, key.rotationPolicy ?? initialPolicy);
};

function policyAnswer(
  { vault }: VaultCall,
  key: VaultKey,
  { actions, expiryTime, ...times }: Pick<RotationPolicy, "actions" | "expiryTime"> & Partial<RotationPolicy>,
): object {
  return {
    id: `${keyIdOf(vault, key.name)}/rotationpolicy`,
    lifetimeActions: actions.map(({ trigger, action }) => ({
      trigger: Object.fromEntries(Object.entries(trigger).filter(([, time]) => time !== null)),
      action: { type: action },
    })),
    attributes: { ...(expiryTime === null ? {} : { expiryTime }), ...times },
  };
}
