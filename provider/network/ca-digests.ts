import { createHash, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { ByokError } from "../model/errors";
import { systemErrorCode } from "../secrets/system-error-code";

const certificateBlock = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]+-----END (?:TRUSTED )?CERTIFICATE-----/g;

/** A file with certificate authorities: its text, and the SHA-256 (hex) of each certificate's DER in it. */
export interface CaFile {
  readonly certificates: readonly string[];
  readonly digests: readonly string[];
}

/**
 * Reads a PEM file of certificate authorities.
 *
 * @throws ByokError BYOK_INPUT_INVALID where it cannot be read or holds no certificate
 */
export async function readCaFile(path: string): Promise<CaFile> {
  const text = await readPem(path, "tls.caFile");
  const certificates = text.match(certificateBlock) ?? [];
  if (certificates.length === 0) {
    throw new ByokError("BYOK_INPUT_INVALID", `The file ${path} holds no certificate in PEM form.`, {
      hint: 'It must have one or more blocks that begin with "-----BEGIN CERTIFICATE-----".',
      property: "tls.caFile",
    });
  }
  return { certificates, digests: certificates.map((pem) => digestOf(pem, path)) };
}

/** SHA-256 (hex) of the DER of each certificate in a PEM file, as the trust rules name authorities. */
export const caDigests = async (path: string): Promise<readonly string[]> => (await readCaFile(path)).digests;

/**
 * Text of a PEM file that a connection's TLS settings name.
 *
 * @throws ByokError BYOK_INPUT_INVALID
 */
export async function readPem(path: string, property: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const code = systemErrorCode(error) ?? "unknown error";
    throw new ByokError("BYOK_INPUT_INVALID", `The file ${path} cannot be read (${code}).`, {
      hint: "Paths are relative to the project folder.",
      property,
    });
  }
}

function digestOf(pem: string, path: string): string {
  try {
    return createHash("sha256").update(new X509Certificate(pem).raw).digest("hex");
  } catch {
    throw new ByokError("BYOK_INPUT_INVALID", `The file ${path} holds a broken certificate.`, {
      hint: "Export the certificate authority again, in PEM form.",
      property: "tls.caFile",
    });
  }
}
