import { ByokError } from "../../model/errors";
import type { CustodianPort, VersionRef } from "../../model/ports/custodian";
import type { LifecycleContext } from "../contract";
import type { AwsKmsKeyRecord } from "../inputs/aws-kms-key-record";

/** A copy as the token links it: of a key in Azure, `arn` is its id without a version. */
export type LinkedKey = Pick<AwsKmsKeyRecord, "arn" | "source">;

/** The token remembers until when the copy may come back; a token that is not at hand only costs that memory. */
export async function noteGoing(context: LifecycleContext, key: LinkedKey, date: Date): Promise<void> {
  await eachLink(
    context,
    key,
    (custodian, version) => custodian.noteDeletion(version, key.arn, date.toISOString()),
    "that this copy goes",
    "Its source key then cannot be destroyed by this package.",
  );
}

/**
 * The token remembers that the copy stays. It comes before the deletion is cancelled, so that a run that dies in between leaves a token that
 * keeps the material rather than one that lets go of it.
 */
export async function noteStaying(context: LifecycleContext, key: LinkedKey): Promise<void> {
  await eachLink(
    context,
    key,
    (custodian, version) => custodian.noteRevival(version, key.arn),
    "that this copy stays",
    "Until it does, it lets the source key be destroyed once the former date has passed; do not destroy it.",
  );
}

/**
 * The token remembers that the deletion of this date is being taken back, until that is done: a run that dies in between leaves what tells its own unfinished work
 * from what somebody did by hand.
 */
export async function noteReturning(
  context: LifecycleContext,
  key: LinkedKey,
  date: string | undefined,
): Promise<void> {
  await eachLink(
    context,
    key,
    (custodian, version) => custodian.noteReturning(version, key.arn, date),
    "how far the recovery of this copy is",
    "If a run dies before the recovered key is disabled, the next one leaves it enabled.",
  );
}

/** True where a removal began to take back the deletion of this date, and did not end. A token that is not at hand tells nothing. */
export async function isReturningInToken(
  context: LifecycleContext,
  { arn, source }: LinkedKey,
  date: unknown,
): Promise<boolean> {
  if (source?.group.abilities?.storesLinks !== true || typeof date !== "string") return false;
  try {
    const links = await context.custodian(source.group.token).links(source.owner);
    return links.some((link) => link.arn === arn && link.returning === date);
  } catch {
    return false;
  }
}

async function eachLink(
  context: LifecycleContext,
  { arn, source }: LinkedKey,
  note: (custodian: CustodianPort, version: VersionRef) => Promise<void>,
  what: string,
  consequence: string,
): Promise<void> {
  if (source?.group.abilities?.storesLinks !== true) return;
  try {
    const custodian = context.custodian(source.group.token);
    const links = (await custodian.links(source.owner)).filter((link) => link.arn === arn);
    for (const { owner, version } of links) await note(custodian, { owner, version });
  } catch (error) {
    const { sentence } = ByokError.from(error, "Noting the deletion in the token");
    context.log.warn(`the token could not note ${what}: ${sentence} ${consequence}`);
  }
}
