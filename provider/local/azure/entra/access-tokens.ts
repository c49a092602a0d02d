import { type KeyObject, createHash, createPrivateKey, createPublicKey, randomUUID } from "node:crypto";
import type { Caller, Directory } from "./directory";
import { isSignedBy, makeToken, readToken } from "./json-web-token";

/** As long as Entra's default for applications, about an hour. */
const lifetimeSeconds = 3599;

interface IssuedToken {
  readonly token: string;
  readonly expiresIn: number;
  /** Seconds since 1970. */
  readonly expiresOn: number;
}

/** Access tokens of this cloud: RS256, one key. They live by real time, as the clients that cache them do. */
export class AccessTokens {
  private readonly privateKey: KeyObject;
  private readonly publicKey: KeyObject;
  private readonly keyId: string;

  constructor(
    pem: string,
    private readonly directory: Directory,
    private readonly realNow: () => number,
  ) {
    this.privateKey = createPrivateKey(pem);
    this.publicKey = createPublicKey(this.privateKey);
    const der = this.publicKey.export({ format: "der", type: "spki" });
    this.keyId = createHash("sha1").update(der).digest("base64url");
  }

  issue(caller: Caller, audience: string): IssuedToken {
    const now = Math.floor(this.realNow() / 1000);
    const claims = {
      aud: audience,
      iss: `https://sts.windows.net/${caller.tenantId}/`,
      iat: now,
      nbf: now,
      exp: now + lifetimeSeconds,
      appid: caller.clientId,
      appidacr: "1",
      idtyp: "app",
      oid: caller.objectId,
      sub: caller.objectId,
      tid: caller.tenantId,
      uti: randomUUID(),
      ver: "1.0",
    };
    const token = makeToken({ kid: this.keyId, x5t: this.keyId }, claims, this.privateKey);
    return { token, expiresIn: lifetimeSeconds, expiresOn: now + lifetimeSeconds };
  }

  /** The caller of a token for one of the audiences, or in words why it is none. */
  check(text: string, audiences: readonly string[]): Caller | string {
    const token = readToken(text);
    if (token === undefined || !isSignedBy(token, this.publicKey)) return "IDX10511: Signature validation failed.";
    const { aud, exp, nbf, tid, appid } = token.claims;
    const now = this.realNow() / 1000;
    if (typeof exp !== "number" || exp <= now) return "IDX10223: Lifetime validation failed. The token is expired.";
    if (typeof nbf !== "number" || nbf > now + 300)
      return "IDX10222: Lifetime validation failed. The token is not yet valid.";
    if (typeof aud !== "string" || !audiences.includes(aud.replace(/\/$/, "")))
      return "AKV10022: Invalid audience. Expected another resource than the token's.";
    const caller = typeof tid === "string" && typeof appid === "string" ? this.directory.caller(tid, appid) : undefined;
    return caller ?? "The application of the token is not known.";
  }

  /** The public key as JWK, for the tenant's key set. */
  keySet(): { readonly keys: readonly object[] } {
    const jwk = this.publicKey.export({ format: "jwk" });
    return { keys: [{ ...jwk, use: "sig", alg: "RS256", kid: this.keyId, x5t: this.keyId }] };
  }
}
