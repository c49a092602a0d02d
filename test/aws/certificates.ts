import { webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
  type X509Certificate,
} from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 86_400_000;

/** A certificate and its key, in PEM. */
export interface Pem {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority that a test trusts, or does not. */
export class TestAuthority {
  private constructor(
    private readonly certificate: X509Certificate,
    private readonly keys: webcrypto.CryptoKeyPair,
  ) {}

  static async make(name: string): Promise<TestAuthority> {
    const keys = await newKeys();
    const certificate = await X509CertificateGenerator.createSelfSigned(
      {
        name: `CN=${name}`,
        notBefore: new Date(Date.now() - DAY_MS),
        notAfter: new Date(Date.now() + DAY_MS),
        signingAlgorithm: algorithm,
        keys,
        extensions: [new BasicConstraintsExtension(true, undefined, true)],
      },
      webcrypto,
    );
    return new TestAuthority(certificate, keys);
  }

  get pem(): string {
    return `${this.certificate.toString("pem")}\n`;
  }

  /** A server certificate for these names; `age` moves its time into the past. */
  async server(names: readonly string[], age = 0): Promise<Pem> {
    const keys = await newKeys();
    const certificate = await X509CertificateGenerator.create(
      {
        subject: "CN=server",
        issuer: this.certificate.subject,
        notBefore: new Date(Date.now() - DAY_MS - age),
        notAfter: new Date(Date.now() + DAY_MS - age),
        signingAlgorithm: algorithm,
        publicKey: keys.publicKey,
        signingKey: this.keys.privateKey,
        extensions: [new SubjectAlternativeNameExtension(names.map((value) => ({ type: "dns", value })))],
      },
      webcrypto,
    );
    const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey)).toString("base64");
    const key = `-----BEGIN PRIVATE KEY-----\n${der.replace(/(.{64})/g, "$1\n")}\n-----END PRIVATE KEY-----\n`;
    return { cert: `${certificate.toString("pem")}\n`, key };
  }
}

async function newKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}
