import type { KmsKeyFacts, KmsPort } from "../model/ports/kms";
import type { LifecycleContext } from "./contract";

/** How long a write may take until DescribeKey shows it (AWS KMS is eventually consistent), and how often to look. */
export const settle = { attempts: 20, pauseMs: 500 } as const;

/** The key once it shows what was just done to it, or as it shows at last. */
export async function settled(
  context: LifecycleContext,
  kms: KmsPort,
  keyId: string,
  shows: (facts: KmsKeyFacts) => boolean,
): Promise<KmsKeyFacts | undefined> {
  for (let pauses = 0; ; pauses += 1) {
    const facts = await kms.describeKey(keyId);
    if (facts === undefined || shows(facts) || pauses >= settle.attempts) return facts;
    await context.sleep(settle.pauseMs);
  }
}
