import { createHash } from "node:crypto";
import type { AwsCredentialIdentity } from "@smithy/types";
import type { AwsConnection, AwsCredentialSource } from "../model/aws-connection";
import { ByokError } from "../model/errors";
import { resolveReference } from "../secrets/resolve-reference";
import type { ReferenceContext } from "../secrets/reference-context";
import { parseCredentialsCsv } from "./credentials-csv";

/** Credentials as the SDK takes them. */
export type AwsIdentity = AwsCredentialIdentity;

/** Finds credentials where AWS keeps them: a profile, or its default chain. */
export type AwsChain = (profile: string | undefined) => Promise<AwsIdentity>;

/** How long credentials without a date of expiry are kept before they are looked up again. */
const MEMORY_MS = 5 * 60_000;

/** Credentials with a date are renewed this long before it. */
const EARLY_MS = 5 * 60_000;

/**
 * The credentials of one connection: looked up when they are first needed, kept in memory for a short while, and looked up
 * again when AWS says that they have expired.
 */
export class CredentialSource {
  private held: { readonly identity: Promise<AwsIdentity>; until: number } | undefined;
  private renewing: Promise<void> | undefined;
  private found = 0;

  constructor(
    private readonly connection: AwsConnection,
    private readonly context: ReferenceContext,
    private readonly chain: AwsChain,
    private readonly onSecret: (secret: string) => void,
    private readonly now: () => number = Date.now,
  ) {}

  /** @throws ByokError BYOK_REFERENCE_UNRESOLVED, BYOK_AWS_CREDENTIALS */
  async identity(): Promise<AwsIdentity> {
    if (this.held !== undefined && this.now() < this.held.until) return this.held.identity;
    const held = { identity: this.lookUp(), until: Number.POSITIVE_INFINITY };
    this.held = held;
    try {
      const identity = await held.identity;
      held.until =
        identity.expiration === undefined ? this.now() + MEMORY_MS : identity.expiration.getTime() - EARLY_MS;
      return identity;
    } catch (error) {
      if (this.held === held) this.held = undefined;
      throw error;
    }
  }

  /** Grows whenever other credentials than before were found; a caller notes it before it uses them. */
  get generation(): number {
    return this.found;
  }

  /**
   * Looks the credentials up again, unless somebody else has since `seen` was noted. False where they are the same as
   * before, so that trying again is no use.
   */
  async renew(seen: number): Promise<boolean> {
    if (seen === this.found) {
      this.renewing ??= this.replace().finally(() => (this.renewing = undefined));
      await this.renewing;
    }
    return seen !== this.found;
  }

  private async replace(): Promise<void> {
    const before = await this.held?.identity.catch(() => undefined);
    this.held = undefined;
    if (digestOf(before) !== digestOf(await this.identity())) this.found += 1;
  }

  private async lookUp(): Promise<AwsIdentity> {
    const identity = await this.named();
    this.onSecret(identity.secretAccessKey);
    if (identity.sessionToken !== undefined) this.onSecret(identity.sessionToken);
    return identity;
  }

  private async named(): Promise<AwsIdentity> {
    const source: AwsCredentialSource | undefined = this.connection.credentials;
    if (source === undefined) return this.fromChain(undefined);
    if ("profile" in source) return this.fromChain(source.profile);
    if ("csv" in source) return parseCredentialsCsv(await this.secret(source.csv, "credentials.csv"));
    const accessKeyId = await this.secret(source.accessKeyId, "credentials.accessKeyId");
    const secretAccessKey = await this.secret(source.secretAccessKey, "credentials.secretAccessKey");
    if (source.sessionToken === undefined) return { accessKeyId, secretAccessKey };
    return {
      accessKeyId,
      secretAccessKey,
      sessionToken: await this.secret(source.sessionToken, "credentials.sessionToken"),
    };
  }

  private async secret(reference: string, property: string): Promise<string> {
    try {
      return await resolveReference(reference, this.context);
    } catch (error) {
      throw error instanceof ByokError ? error.with({ property }) : error;
    }
  }

  private async fromChain(profile: string | undefined): Promise<AwsIdentity> {
    try {
      return await this.chain(profile);
    } catch (error) {
      if (error instanceof ByokError) throw error;
      // What the SDK says here may quote the output of a credential process, so only the place is told.
      throw profile === undefined
        ? new ByokError("BYOK_AWS_CREDENTIALS", "AWS's default chain found no credentials that can be used.", {
            hint: "Set AWS_PROFILE or sign in, or name the group's credentials: { profile }, { csv } or { accessKeyId, secretAccessKey }.",
            property: "credentials",
          })
        : new ByokError("BYOK_AWS_CREDENTIALS", `The AWS profile ${profile} gives no credentials that can be used.`, {
            hint: `Type: aws sts get-caller-identity --profile ${profile}. For single sign-on: aws sso login --profile ${profile}.`,
            property: "credentials.profile",
          });
    }
  }
}

const digestOf = (identity: AwsIdentity | undefined): string =>
  createHash("sha256")
    .update(JSON.stringify([identity?.accessKeyId, identity?.secretAccessKey, identity?.sessionToken]))
    .digest("hex");
