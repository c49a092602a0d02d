import type { TlsSettings } from "../model/aws-connection";
import { ByokError } from "../model/errors";
import { readCaFile, readPem } from "./ca-digests";

/** What the files of a connection's TLS settings hold. */
export interface TlsFiles {
  /** PEM, one certificate each; absent: the public roots. */
  readonly ca?: readonly string[];
  readonly caDigests?: readonly string[];
  readonly clientCert?: string;
  readonly clientKey?: string;
  /** True: a certificate of `ca` counts whatever host it names. Never with the public roots. */
  readonly anyHostname?: true;
}

/**
 * Reads the files of a connection's TLS settings. `expected` are the digests of the authorities that the trust rules were
 * asked about, where they were.
 *
 * @throws ByokError BYOK_INPUT_INVALID, BYOK_TARGET_NOT_TRUSTED
 */
export async function readTlsFiles(
  settings: TlsSettings | undefined,
  expected: readonly string[] | undefined,
): Promise<TlsFiles> {
  const ca = settings?.caFile === undefined ? undefined : await readCaFile(settings.caFile);
  const digests = ca?.digests ?? [];
  if (expected !== undefined && expected.join() !== digests.join()) {
    throw new ByokError("BYOK_TARGET_NOT_TRUSTED", "The CA file of the connection has just changed.", {
      hint: "Look who changed it, then try again.",
      property: "tls.caFile",
    });
  }
  if ((settings?.clientCertFile === undefined) !== (settings?.clientKeyFile === undefined)) {
    throw new ByokError("BYOK_INPUT_INVALID", "A client certificate needs its private key, and the other way round.", {
      hint: "Set both tls.clientCertFile and tls.clientKeyFile.",
      property: settings?.clientCertFile === undefined ? "tls.clientCertFile" : "tls.clientKeyFile",
    });
  }
  const anyHostname = settings?.validateHostname === false;
  if (anyHostname && ca === undefined) {
    throw new ByokError("BYOK_INPUT_INVALID", "With public roots, the host name of a certificate is always checked.", {
      hint: "Name the authorities of the endpoint with tls.caFile, or remove validateHostname.",
      property: "tls.validateHostname",
    });
  }
  return {
    ...(anyHostname ? { anyHostname } : {}),
    ...(ca === undefined ? {} : { ca: ca.certificates, caDigests: ca.digests }),
    ...(settings?.clientCertFile === undefined
      ? {}
      : { clientCert: await readPem(settings.clientCertFile, "tls.clientCertFile") }),
    ...(settings?.clientKeyFile === undefined
      ? {}
      : { clientKey: await readPem(settings.clientKeyFile, "tls.clientKeyFile") }),
  };
}
