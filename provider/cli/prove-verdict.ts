import { ByokError } from "../model/errors";
import type { Fingerprint } from "../model/ports/custodian";

/** Which copy, and what it is held to. */
export interface ProvenCopy {
  readonly copy: string;
  /** Of a KMS key. */
  readonly arn?: string;
  /** Of a version of a key in Azure. */
  readonly id?: string;
  readonly source: string;
  readonly version: number;
}

/** What became of one copy. */
export interface Verdict extends ProvenCopy {
  readonly proven: boolean;
  /** How it was shown, or why not. */
  readonly how: string;
  readonly fingerprint?: string;
}

/** The outcome of a proof: an acceptance alone shows nothing, and a failure is an answer too. */
export async function verdictOn(
  about: ProvenCopy,
  prove: () => Promise<{ readonly proof: string; readonly fingerprint: Fingerprint }>,
): Promise<Verdict> {
  try {
    const { proof, fingerprint } = await prove();
    const { method, value } = fingerprint;
    return { ...about, proven: proof !== "accepted", how: proof, fingerprint: `${method}:${value}` };
  } catch (error) {
    const known = ByokError.from(error, "Proving the copy");
    return { ...about, proven: false, how: `${known.sentence} [${known.code}]` };
  }
}

/** For a terminal. */
export const printVerdict = ({ copy, arn, id, source, version, proven, how, fingerprint }: Verdict): string =>
  proven
    ? `${copy}  the same key as ${source} version ${version}, by ${how.replaceAll("-", " ")}\n  ${arn ?? id ?? ""}\n  fingerprint ${fingerprint ?? ""}\n`
    : `${copy}  not proven to be the same key as ${source} version ${version}: ${how}\n  ${arn ?? id ?? ""}\n`;
