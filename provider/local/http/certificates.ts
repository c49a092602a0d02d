import { randomBytes, webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";

const curve = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const day = 86_400_000;

export interface PemPair {
  readonly certificate: string;
  readonly key: string;
}

/** A certification authority of our own for loopback addresses, ten years long. */
export async function makeAuthority(now: number): Promise<PemPair> {
  const keys = await webcrypto.subtle.generateKey(curve, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serial(),
      name: "CN=Local cloud CA",
      notBefore: new Date(now - day),
      notAfter: new Date(now + 3650 * day),
      keys,
      signingAlgorithm: curve,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  return { certificate: pem(certificate), key: await keyPem(keys.privateKey) };
}

/** A certificate for the server on 127.0.0.1, ::1 and localhost. */
export function makeServerCertificate(authority: PemPair, now: number): Promise<PemPair> {
  const names = new x509.SubjectAlternativeNameExtension([
    { type: "dns", value: "localhost" },
    { type: "ip", value: "127.0.0.1" },
    { type: "ip", value: "::1" },
  ]);
  return issue(authority, now, "localhost", x509.ExtendedKeyUsage.serverAuth, [names]);
}

/** A certificate with which a client proves itself where one is required. */
export function makeClientCertificate(authority: PemPair, now: number, name: string): Promise<PemPair> {
  return issue(authority, now, name, x509.ExtendedKeyUsage.clientAuth, []);
}

async function issue(
  authority: PemPair,
  now: number,
  commonName: string,
  purpose: x509.ExtendedKeyUsage,
  extensions: x509.Extension[],
): Promise<PemPair> {
  const issuer = new x509.X509Certificate(authority.certificate);
  const der = x509.PemConverter.decodeFirst(authority.key);
  const signingKey = await webcrypto.subtle.importKey("pkcs8", der, curve, false, ["sign"]);
  const keys = await webcrypto.subtle.generateKey(curve, true, ["sign", "verify"]);
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serial(),
      subject: [{ CN: [commonName] }],
      issuer: issuer.subject,
      notBefore: new Date(now - day),
      notAfter: new Date(now + 397 * day),
      publicKey: keys.publicKey,
      signingKey,
      signingAlgorithm: curve,
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([purpose]),
        await x509.AuthorityKeyIdentifierExtension.create(issuer, false, webcrypto),
        ...extensions,
      ],
    },
    webcrypto,
  );
  return { certificate: pem(certificate), key: await keyPem(keys.privateKey) };
}

/** Positive and random (RFC 5280 section 4.1.2.2). */
function serial(): string {
  return `01${randomBytes(15).toString("hex")}`;
}

function pem(certificate: x509.X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}

async function keyPem(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey("pkcs8", key);
  return `${x509.PemConverter.encode(der, "PRIVATE KEY")}\n`;
}
