import { ByokError } from "../../../model/errors";
import type { KmsPort } from "../../../model/ports/kms";
import type { LifecycleContext } from "../../contract";

/** How long AWS is given to move the primary, and how often it is asked. */
const patience = { attempts: 150, pauseMs: 2_000 } as const;

/** A multi-Region key as it is to be: by Region, the KMS that shows it there. */
export interface PrimaryMove {
  readonly keyId: string;
  readonly wanted: string;
  readonly places: ReadonlyMap<string, KmsPort>;
}

/**
 * The Region of the primary, and KMS there.
 *
 * @param home - a Region in which the key certainly is; its group's
 */
export async function presentPrimary(
  { keyId, places }: Pick<PrimaryMove, "keyId" | "places">,
  home: string,
): Promise<{ readonly region: string; readonly kms: KmsPort }> {
  const facts = await places.get(home)?.describeKey(keyId);
  const region = facts?.primaryRegion ?? home;
  const kms = places.get(region);
  if (kms !== undefined) return { region, kms };
  throw new ByokError(
    "BYOK_KEY_DRIFTED",
    `The primary of ${keyId} is in ${region} now, which this program does not name.`,
    {
      hint: `Name a replica there in replicas, or make the key in ${home} the primary again (kms:UpdatePrimaryRegion).`,
    },
  );
}

/** Moves the primary where it is somewhere else, and waits until AWS shows it in both Regions. */
export async function movePrimary(context: LifecycleContext, move: PrimaryMove, home: string): Promise<void> {
  const { keyId, wanted, places } = move;
  const { region, kms } = await presentPrimary(move, home);
  const target = places.get(wanted);
  if (region === wanted || target === undefined) return;
  context.mayProceed();
  context.log.progress(`making the key in ${wanted} the primary`);
  await kms.updatePrimaryRegion(keyId, wanted);
  for (let attempt = 0; attempt < patience.attempts; attempt += 1) {
    const seen = await Promise.all([kms, target].map((each) => each.describeKey(keyId)));
    if (seen.every((facts) => facts?.primaryRegion === wanted && facts.state !== "Updating")) return;
    context.log.progress(`waiting until AWS has made the key in ${wanted} the primary`);
    await context.sleep(patience.pauseMs);
  }
  throw new ByokError("BYOK_AWS_FAILED", `AWS has not finished making the key in ${wanted} the primary yet.`, {
    hint: "It goes on in AWS. Run pulumi up again later.",
    retryable: true,
  });
}
