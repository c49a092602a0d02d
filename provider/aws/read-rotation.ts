import { z } from "zod";
import type { KmsKeyFacts } from "../model/ports/kms";
import type { DeniedRead, KeyRotation, ListingOptions } from "../model/ports/kms-inventory";
import type { AwsCaller } from "./aws-caller";
import { rotationEntries } from "./key-materials";

const status = z.object({
  KeyRotationEnabled: z.boolean().default(false),
  RotationPeriodInDays: z.number().optional(),
  NextRotationDate: z.date().optional(),
});

/** Runs a read; undefined where it is not permitted. */
type UnlessDenied = <T>(read: DeniedRead, act: () => Promise<T>) => Promise<T | undefined>;

/**
 * How a key rotates. GetKeyRotationStatus is asked of the only keys that can rotate by themselves: symmetric ones with material that AWS
 * made. Undefined where that is not permitted.
 */
export async function readRotation(
  caller: AwsCaller,
  facts: KmsKeyFacts,
  options: ListingOptions,
  unlessDenied: UnlessDenied,
): Promise<KeyRotation | undefined> {
  if (facts.manager === "AWS") return { automatic: "AWS" };
  const symmetric = facts.spec === "SYMMETRIC_DEFAULT";
  const [automatic, done] = await Promise.all([
    symmetric && facts.origin === "AWS_KMS"
      ? unlessDenied("kms:GetKeyRotationStatus", () => automaticRotation(caller, facts.keyId))
      : ({ automatic: "not possible" } as const),
    options.rotations === true && symmetric && ["AWS_KMS", "EXTERNAL"].includes(facts.origin)
      ? unlessDenied("kms:ListKeyRotations", () => rotationsSoFar(caller, facts.keyId))
      : undefined,
  ]);
  if (automatic === undefined) return undefined;
  return done === undefined ? automatic : { ...automatic, done };
}

async function automaticRotation(caller: AwsCaller, keyId: string): Promise<KeyRotation> {
  const answer = status.parse(await caller.call("GetKeyRotationStatus", { KeyId: keyId }));
  if (!answer.KeyRotationEnabled) return { automatic: "off" };
  const { RotationPeriodInDays: periodInDays, NextRotationDate: nextAt } = answer;
  return {
    automatic: "on",
    ...(periodInDays === undefined ? {} : { periodInDays }),
    ...(nextAt === undefined ? {} : { nextAt }),
  };
}

async function rotationsSoFar(caller: AwsCaller, keyId: string): Promise<NonNullable<KeyRotation["done"]>> {
  const rotations = await rotationEntries(caller, keyId);
  const dates = rotations.flatMap(({ RotationDate }) => (RotationDate === undefined ? [] : [RotationDate.getTime()]));
  return {
    count: rotations.length,
    onDemand: rotations.filter(({ RotationType }) => RotationType === "ON_DEMAND").length,
    ...(dates.length === 0 ? {} : { latestAt: new Date(Math.max(...dates)) }),
  };
}
