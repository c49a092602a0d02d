import { z } from "zod";
import { openCustodian } from "../custodian/client";
import { sourceGroupRecord } from "../lifecycle/inputs/source-group-inputs";
import { canonicalJson } from "../lifecycle/same-json";
import { keyOfCopy } from "../model/exported-copy";
import type { TokenConnection } from "../model/token";
import type { KnownSource } from "./program-text";
import { carried, resourcesOf } from "./stack-export";

const sourceOutputs = z.object({ owner: z.string(), group: carried(sourceGroupRecord) });

/**
 * Where the tokens of a stack's source keys remember copies, by the ARN of the copy (in Azure the id of the key, without a version): who its source is. It needs the PINs.
 *
 * @throws ByokError BYOK_TOKEN_* and BYOK_REFERENCE_UNRESOLVED
 */
export async function askTokens(exported: unknown): Promise<ReadonlyMap<string, KnownSource>> {
  const tokens = new Map<
    string,
    { readonly token: TokenConnection; readonly sources: { name: string; owner: string }[] }
  >();
  for (const { name, outputs } of resourcesOf(exported, "SourceKey")) {
    const { data } = sourceOutputs.safeParse(outputs);
    if (data === undefined) continue;
    const { token } = data.group;
    const entry = tokens.get(canonicalJson(token)) ?? { token, sources: [] };
    entry.sources.push({ name, owner: data.owner });
    tokens.set(canonicalJson(token), entry);
  }
  const known = new Map<string, KnownSource>();
  for (const { token, sources } of tokens.values()) {
    const custodian = openCustodian(token);
    try {
      for (const { name, owner } of sources) {
        for (const { arn, version } of await custodian.links(owner))
          // A key keeps its name through all versions; the newest is what it holds.
          if ((known.get(keyOfCopy(arn))?.version ?? 0) <= version)
            known.set(keyOfCopy(arn), { source: name, version });
      }
    } finally {
      await custodian.end();
    }
  }
  return known;
}
