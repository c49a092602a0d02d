import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { writeFileAtomically } from "../store/atomic-file";
import { type PemPair, makeAuthority } from "./certificates";

export function caFileIn(dataDir: string): string {
  return path.join(dataDir, "ca.pem");
}

/** The CA of the data folder, made at the first start; without a folder a new one each time. */
export async function loadAuthority(dataDir: string | undefined, now: number): Promise<PemPair> {
  if (dataDir === undefined) return makeAuthority(now);
  const caFile = caFileIn(dataDir);
  const keyFile = path.join(dataDir, "ca-key.pem");
  if (existsSync(caFile) && existsSync(keyFile)) {
    return { certificate: readFileSync(caFile, "utf8"), key: readFileSync(keyFile, "utf8") };
  }
  const authority = await makeAuthority(now);
  writeFileAtomically(keyFile, authority.key, 0o600);
  writeFileAtomically(caFile, authority.certificate, 0o644);
  return authority;
}
