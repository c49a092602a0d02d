import { createHash } from "node:crypto";
import { z } from "zod";
import { ByokError } from "../model/errors";
import type { CopyLink, VersionRef } from "../model/ports/custodian";
import type { TokenPort } from "../model/ports/token";
import { copyLinkFields } from "./protocol";

// Links between a version and its copies are private data objects (CKO_DATA) in the token, one for each copy; see
// docs/decisions/0003-links-live-in-the-token.md.

const schemaVersion = 1;

const storedLink = z.strictObject({ schema: z.literal(schemaVersion), ...copyLinkFields });

const prefix = "byok-link ";
const ownerPrefix = (owner: string): string => `${prefix}${owner} `;

/** Label of the data object of one copy; it is the same for every write, so that a write replaces. */
export function linkLabel(version: VersionRef, arn: string): string {
  const digest = createHash("sha256").update(arn).digest("hex").slice(0, 16);
  return `${ownerPrefix(version.owner)}v${version.version} ${digest}`;
}

/**
 * All links of an owner.
 *
 * @throws ByokError BYOK_TOKEN_FAILED when one cannot be read. It is never skipped: whoever destroys a key must know of every copy.
 */
export const readLinks = (token: TokenPort, owner: string): Promise<readonly CopyLink[]> =>
  linksBelow(token, ownerPrefix(owner));

/** The links of every owner; see {@link readLinks}. */
export const readEveryLink = (token: TokenPort): Promise<readonly CopyLink[]> => linksBelow(token, prefix);

async function linksBelow(token: TokenPort, labels: string): Promise<readonly CopyLink[]> {
  if (!(await storesLinks(token))) return [];
  const objects = await token.listData(labels);
  return objects
    .map(({ label, value }) => parseLink(label, value))
    .sort((one, other) => one.version - other.version || one.copyName.localeCompare(other.copyName));
}

/** Remembers a copy, in place of what was remembered of the same ARN. */
export async function writeLink(token: TokenPort, link: CopyLink): Promise<void> {
  const text = JSON.stringify({ schema: schemaVersion, ...link });
  await token.putData(linkLabel(link, link.arn), Buffer.from(text, "utf8"));
}

/** Forgets a copy. */
export async function removeLink(token: TokenPort, link: CopyLink): Promise<void> {
  await token.deleteData(linkLabel(link, link.arn));
}

/** Whether the token can remember copies at all. */
export const storesLinks = async (token: TokenPort): Promise<boolean> => (await token.report()).abilities.storesLinks;

function parseLink(label: string, value: Buffer): CopyLink {
  const parsed = storedLink.safeParse(jsonOf(value));
  if (parsed.success && linkLabel(parsed.data, parsed.data.arn) === label) {
    const { schema: _, ...link } = parsed.data;
    return link;
  }
  throw new ByokError(
    "BYOK_TOKEN_FAILED",
    `The data object "${label}" in the token is no link to a copy that can be read.`,
    {
      hint: "It was changed by hand or written by a newer version of this package. Update the package, or restore the object.",
    },
  );
}

function jsonOf(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString("utf8"));
  } catch {
    return undefined;
  }
}
