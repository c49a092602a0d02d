import { azureCloudFacts } from "./azure-clouds";
import type { AzureConnection } from "./azure-connection";
import type { SourceRules, TargetEntry } from "./source-rules";
import { isLoopback, type TargetKind, type TrustRefusal } from "./trust";

/** A vault as the trust rules see it. */
export interface AzureTargetFacts {
  /** `genuine`: a published host of the cloud over TLS with public roots, signed in to at the cloud's own authority. */
  readonly kind: TargetKind;
  readonly tenantId: string;
  readonly vaultUrl: string;
  /** SHA-256 (hex) of each certificate in the custom CA file; empty with public roots. */
  readonly caSha256: readonly string[];
  /** True where something is asked in clear. */
  readonly clear: boolean;
}

/** Reads what a connection leads to; `caSha256` are the digests of the certificates in its CA file. */
export function azureTargetFacts(connection: AzureConnection, caSha256: readonly string[]): AzureTargetFacts {
  const { cloud, endpoint } = connection;
  const facts = azureCloudFacts[cloud];
  const vault = new URL(connection.vaultUrl);
  // Tokens are asked for at the authority and shown at both others.
  const others = [endpoint?.authority, endpoint?.resourceManager].flatMap((text) =>
    text === undefined ? [] : [new URL(text)],
  );
  const places = [vault, ...others];
  const suffixes = [facts.vaultSuffix, facts.managedHsmSuffix].filter((suffix) => suffix !== undefined);
  const isPublished =
    vault.port === "" && suffixes.some((suffix) => isSingleLabelBefore(vault.hostname, suffix)) && others.length === 0;
  const local = endpoint?.authority !== undefined && places.every(({ hostname }) => isLoopback(hostname));
  return {
    kind: local ? "local" : isPublished && caSha256.length === 0 ? "genuine" : "private",
    tenantId: connection.tenantId,
    vaultUrl: vault.origin,
    caSha256: caSha256.map((digest) => digest.toLowerCase()),
    clear: places.some(({ protocol }) => protocol !== "https:"),
  };
}

const isSingleLabelBefore = (host: string, suffix: string): boolean =>
  host.endsWith(suffix) && /^[a-z0-9-]+$/.test(host.slice(0, -suffix.length));

/** Undefined where the rules of the source group let its keys go to the vault. */
export function refuseAzureTarget(
  target: AzureTargetFacts,
  rules: Pick<SourceRules, "allowedTargets" | "lab">,
): TrustRefusal | undefined {
  const host = new URL(target.vaultUrl).host;
  if (target.kind === "local") {
    if (rules.lab) return undefined;
    return {
      refused: `the vault ${host} is on this machine, and a local cloud holds keys in clear.`,
      hint: "For a lab, make a source group of its own with lab: true; its keys then never go to a real cloud.",
    };
  }
  if (rules.lab)
    return {
      refused: `keys of a source group with lab: true go to local clouds only, and ${host} is none.`,
      hint: "Generate the key in a source group without lab.",
    };
  if (target.clear) return { refused: "an endpoint of the connection does not use TLS.", hint: "Use https:// URLs." };
  if (rules.allowedTargets.some((entry) => entryFits(entry, target))) return undefined;
  return {
    refused: `allowedTargets of the source group names no entry for the vault ${target.vaultUrl} of tenant ${target.tenantId}${target.kind === "private" ? ", which is no published host of the cloud with public roots" : ""}.`,
    hint: `Add to allowedTargets: ${entryLine(target)}`,
  };
}

function entryFits(entry: TargetEntry, target: AzureTargetFacts): boolean {
  if (!("azure" in entry)) return false;
  const { tenantId, vaults, caSha256 } = entry.azure;
  if (tenantId.toLowerCase() !== target.tenantId.toLowerCase()) return false;
  if (!vaults.some((url) => URL.canParse(url) && new URL(url).origin === target.vaultUrl)) return false;
  if (target.kind === "genuine") return caSha256 === undefined;
  // Every certificate in the CA file can vouch for the endpoint, so one that the entry does not name spoils the file.
  if (caSha256 === undefined) return target.caSha256.length === 0;
  return target.caSha256.length > 0 && target.caSha256.every((digest) => digest === caSha256.toLowerCase());
}

function entryLine({ tenantId, vaultUrl, caSha256 }: AzureTargetFacts): string {
  const [digest] = caSha256;
  const ca = digest === undefined ? "" : `, caSha256: ${JSON.stringify(digest)}`;
  return `{ azure: { tenantId: ${JSON.stringify(tenantId)}, vaults: [${JSON.stringify(vaultUrl)}]${ca} } }`;
}
