import { z } from "zod";
import { ByokError } from "../model/errors";
import type { CopyLink, VersionRef } from "../model/ports/custodian";
import type { TokenPort } from "../model/ports/token";
import { storesLinks } from "./copy-links";

// Which versions of an owner are deactivated is one private data object (CKO_DATA) in the token, beside the links.

const stored = z.strictObject({ schema: z.literal(1), versions: z.array(z.int().positive()) });

const labelOf = (owner: string): string => `byok-deactivated ${owner}`;

/**
 * Versions that go into no further key.
 *
 * @throws ByokError BYOK_TOKEN_FAILED when the object cannot be read: nothing is imported on a guess
 */
export async function readDeactivated(token: TokenPort, owner: string): Promise<readonly number[]> {
  if (!(await storesLinks(token))) return [];
  const label = labelOf(owner);
  const found = (await token.listData(label)).find((object) => object.label === label);
  if (found === undefined) return [];
  const parsed = stored.safeParse(jsonOf(found.value));
  if (parsed.success) return parsed.data.versions;
  throw new ByokError("BYOK_TOKEN_FAILED", `The data object "${label}" in the token cannot be read.`, {
    hint: "It was changed by hand or written by a newer version of this package. Update the package, or remove the object.",
  });
}

/** Remembers exactly these versions as deactivated. */
export async function writeDeactivated(token: TokenPort, owner: string, versions: readonly number[]): Promise<void> {
  if (versions.length === 0) {
    await token.deleteData(labelOf(owner));
    return;
  }
  const text = JSON.stringify({ schema: 1, versions: [...versions].sort((one, other) => one - other) });
  await token.putData(labelOf(owner), Buffer.from(text, "utf8"));
}

const jsonOf = (value: Buffer): unknown => {
  try {
    return JSON.parse(value.toString("utf8"));
  } catch {
    return undefined;
  }
};

/**
 * A deactivated version serves what was protected with it: it is imported again where it was, and nowhere else (NIST SP 800-57 part 1 §7.3).
 *
 * @throws ByokError BYOK_KEY_DEACTIVATED
 */
export function requireActive(
  { owner, version }: VersionRef,
  arn: string,
  deactivated: readonly number[],
  links: readonly CopyLink[],
): void {
  if (!deactivated.includes(version)) return;
  if (links.some((link) => link.owner === owner && link.version === version && link.arn === arn)) return;
  throw new ByokError(
    "BYOK_KEY_DEACTIVATED",
    `Version ${version} of the source key is deactivated, and ${arn} does not hold it: it goes into no further key.`,
    {
      hint: "Copy the newest version. To import this one once more, write rotation.deactivateOld: false on the source key first.",
    },
  );
}
