import type { AzureTier } from "./azure-connection";
import type { VaultRotationPolicy } from "./ports/key-vault";

/** When Azure makes a version of a key by itself, as a program writes it: days (`90d`) or months (`12mo`). */
export interface AzureRotation {
  readonly rotateAfter?: string | undefined;
  readonly expiresAfter?: string | undefined;
  readonly notifyBefore?: string | undefined;
}

const form = /^([1-9]\d{0,3})(d|mo)$/;
const daysInMonth = 30;

/** Least days until a version is replaced. Source: "Configure cryptographic key auto-rotation in Azure Key Vault" and the same for Managed HSM. */
const leastRotation: Readonly<Record<AzureTier, number>> = { standard: 7, premium: 7, "managed-hsm": 28 };
/** Least days that a version is valid, and least days between a notification or a rotation and the expiry. Same source. */
const leastExpiry = 28;
const leastBeforeExpiry = 7;

/** What is wrong with one property of a rotation policy. */
export interface RotationFault {
  readonly property: keyof AzureRotation | undefined;
  readonly reason: string;
}

/** What is wrong with a rotation policy; months count 30 days. */
export function azureRotationFaults(rotation: AzureRotation, tier: AzureTier): readonly RotationFault[] {
  const { rotateAfter, expiresAfter, notifyBefore } = rotation;
  const unreadable = (["rotateAfter", "expiresAfter", "notifyBefore"] as const).flatMap((property) => {
    const text = rotation[property];
    return text === undefined || form.test(text)
      ? []
      : [{ property, reason: `"${text}" is no period. Write days ("90d") or months ("12mo").` }];
  });
  if (unreadable.length > 0) return unreadable;
  const [rotates, expires, notifies] = [rotateAfter, expiresAfter, notifyBefore].map(daysIn);
  const faults: RotationFault[] = [];
  const fault = (property: RotationFault["property"], reason: string): void => void faults.push({ property, reason });
  if (rotates === undefined && expires === undefined)
    fault(
      undefined,
      'names neither rotateAfter nor expiresAfter. Write for example { rotateAfter: "12mo" }, or leave it out.',
    );
  if (rotates !== undefined && rotates < leastRotation[tier])
    fault("rotateAfter", `must be at least ${String(leastRotation[tier])} days in a group of tier ${tier}.`);
  if (expires !== undefined && expires < leastExpiry)
    fault("expiresAfter", `must be at least ${String(leastExpiry)} days.`);
  if (rotates !== undefined && expires !== undefined && rotates + leastBeforeExpiry > expires)
    fault(
      "rotateAfter",
      `must be at least ${String(leastBeforeExpiry)} days shorter than expiresAfter, so that a version is replaced before it expires.`,
    );
  if (notifies === undefined) return faults;
  if (tier === "managed-hsm")
    fault("notifyBefore", "is not there on a Managed HSM, which sends no notifications. Leave it out.");
  if (expires === undefined)
    fault("notifyBefore", "needs expiresAfter: a version that never expires has no such moment.");
  else if (notifies < leastBeforeExpiry || notifies >= expires)
    fault("notifyBefore", `must be at least ${String(leastBeforeExpiry)} days, and shorter than expiresAfter.`);
  return faults;
}

/** As Azure takes it: ISO 8601 durations. */
export const vaultPolicyOf = ({ rotateAfter, expiresAfter, notifyBefore }: AzureRotation): VaultRotationPolicy => ({
  ...(rotateAfter === undefined ? {} : { rotateAfter: isoOf(rotateAfter) }),
  ...(expiresAfter === undefined ? {} : { expiresAfter: isoOf(expiresAfter) }),
  ...(notifyBefore === undefined ? {} : { notifyBefore: isoOf(notifyBefore) }),
});

/**
 * True where a policy does what is wanted. A notification that nobody asked for is Azure's own: each key begins with one. Years, months, weeks and days are
 * compared, not how they are written.
 */
export function samePolicy(wanted: VaultRotationPolicy, found: VaultRotationPolicy): boolean {
  return (
    found.rotateBeforeExpiry === undefined &&
    sameDuration(wanted.rotateAfter, found.rotateAfter) &&
    sameDuration(wanted.expiresAfter, found.expiresAfter) &&
    (wanted.notifyBefore === undefined || sameDuration(wanted.notifyBefore, found.notifyBefore))
  );
}

/** A policy that was found, as a program would write it where that is possible; undefined where it makes nothing happen. */
export function rotationOf(found: VaultRotationPolicy, wanted: AzureRotation | undefined): AzureRotation | undefined {
  if (wanted !== undefined && samePolicy(vaultPolicyOf(wanted), found)) return wanted;
  const { rotateAfter, rotateBeforeExpiry, expiresAfter, notifyBefore } = found;
  if (rotateAfter === undefined && rotateBeforeExpiry === undefined && expiresAfter === undefined) return undefined;
  const rotates = rotateAfter === undefined ? before(rotateBeforeExpiry) : houseWay(rotateAfter);
  return {
    ...(rotates === undefined ? {} : { rotateAfter: rotates }),
    ...(expiresAfter === undefined ? {} : { expiresAfter: houseWay(expiresAfter) }),
    ...(notifyBefore === undefined || wanted?.notifyBefore === undefined
      ? {}
      : { notifyBefore: houseWay(notifyBefore) }),
  };
}

/** The moment that much after another; undefined where the text is no period. */
export function periodAfter(period: string, moment: Date): Date | undefined {
  const [, amount, unit] = form.exec(period) ?? [];
  if (amount === undefined) return undefined;
  const date = new Date(moment);
  if (unit === "mo") date.setUTCMonth(date.getUTCMonth() + Number(amount));
  else date.setUTCDate(date.getUTCDate() + Number(amount));
  return date;
}

const before = (duration: string | undefined): string | undefined =>
  duration === undefined ? undefined : `${houseWay(duration)} before expiry`;

const isoOf = (period: string): string => {
  const [, amount = "", unit] = form.exec(period) ?? [];
  return `P${amount}${unit === "mo" ? "M" : "D"}`;
};

function daysIn(period: string | undefined): number | undefined {
  if (period === undefined) return undefined;
  const [, amount = "0", unit] = form.exec(period) ?? [];
  return Number(amount) * (unit === "mo" ? daysInMonth : 1);
}

interface Parts {
  readonly months: number;
  readonly days: number;
}

function partsOf(duration: string): Parts | undefined {
  const found = /^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?$/i.exec(duration);
  if (found === null) return undefined;
  const [years = 0, months = 0, weeks = 0, days = 0] = found
    .slice(1)
    .map((part: string | undefined) => Number(part ?? 0));
  return { months: years * 12 + months, days: weeks * 7 + days };
}

function sameDuration(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  const [a, b] = [partsOf(one), partsOf(other)];
  return a === undefined || b === undefined ? one === other : a.months === b.months && a.days === b.days;
}

/** Days or months; a duration with both, or with hours, stays as Azure writes it. */
function houseWay(duration: string): string {
  const parts = partsOf(duration);
  if (parts === undefined || (parts.months > 0 && parts.days > 0)) return duration;
  return parts.months > 0 ? `${String(parts.months)}mo` : `${String(parts.days)}d`;
}
