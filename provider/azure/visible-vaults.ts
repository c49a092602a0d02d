import { z } from "zod";
import { ByokError } from "../model/errors";
import type { VaultFacts } from "../model/ports/key-vault";
import type { VaultCaller } from "./vault-caller";

const subscriptions = z.object({
  value: z.array(z.object({ subscriptionId: z.string() })),
  nextLink: z.string().optional(),
});

/** Vaults and managed HSMs that the credentials see; undefined where they may not look, or nothing answers. */
export async function visibleVaults(caller: VaultCaller): Promise<readonly VaultFacts[] | undefined> {
  try {
    return await caller.call(
      { doing: "looking for vaults in Azure Resource Manager", outsideVault: true },
      async (session) => {
        const { subscriptionId } = caller.connection;
        const ids = subscriptionId === undefined ? await subscriptionIds(session.armGet) : [subscriptionId];
        if (ids === undefined) return undefined;
        const found: VaultFacts[] = [];
        for (const id of ids) {
          const arm = session.arm(id);
          for await (const vault of arm.vaults.listBySubscription()) {
            const { vaultUri, sku, tenantId, enablePurgeProtection, softDeleteRetentionInDays } = vault.properties;
            found.push({
              ...place(vault.id, vault.location, id),
              name: vault.name ?? "",
              url: withoutSlash(vaultUri),
              tier: sku.name === "premium" ? "premium" : "standard",
              tenantId,
              purgeProtection: enablePurgeProtection === true,
              retentionDays: softDeleteRetentionInDays ?? mostDays,
            });
          }
          for await (const hsm of arm.managedHsms.listBySubscription()) {
            const { hsmUri, tenantId, enablePurgeProtection, softDeleteRetentionInDays } = hsm.properties ?? {};
            found.push({
              ...place(hsm.id, hsm.location, id),
              name: hsm.name ?? "",
              url: withoutSlash(hsmUri),
              tier: "managed-hsm",
              tenantId: tenantId ?? "",
              purgeProtection: enablePurgeProtection === true,
              retentionDays: softDeleteRetentionInDays ?? mostDays,
            });
          }
        }
        return found.filter(({ url }) => url !== "");
      },
    );
  } catch (error) {
    // A group works without Resource Manager: it names its vault by URL.
    if (error instanceof ByokError && cannotLook.includes(error.code)) return undefined;
    throw error;
  }
}

/** softDeleteRetentionInDays where it is not told. */
const mostDays = 90;

const cannotLook: readonly string[] = [
  ...["BYOK_AZURE_ACCESS_DENIED", "BYOK_AZURE_UNREACHABLE", "BYOK_AZURE_NOT_FOUND"],
  ...["BYOK_AZURE_CREDENTIALS", "BYOK_AZURE_REQUEST_INVALID", "BYOK_AZURE_FAILED", "BYOK_AZURE_TLS_UNTRUSTED"],
];

async function subscriptionIds(get: (path: string) => Promise<unknown>): Promise<readonly string[] | undefined> {
  const ids: string[] = [];
  let path: string | undefined = "/subscriptions?api-version=2022-12-01";
  while (path !== undefined) {
    const page: z.infer<typeof subscriptions> | undefined = subscriptions.safeParse(await get(path)).data;
    if (page === undefined) return undefined;
    ids.push(...page.value.map(({ subscriptionId }) => subscriptionId));
    const next: URL | undefined = page.nextLink === undefined ? undefined : new URL(page.nextLink);
    path = next === undefined ? undefined : `${next.pathname}${next.search}`;
  }
  return ids;
}

const place = (
  id: string | undefined,
  location: string | undefined,
  subscriptionId: string,
): Pick<VaultFacts, "subscriptionId" | "resourceGroup" | "location"> => ({
  subscriptionId,
  resourceGroup: /\/resourceGroups\/([^/]+)\//i.exec(id ?? "")?.[1] ?? "",
  location: location ?? "",
});

const withoutSlash = (url: string | undefined): string => (url ?? "").replace(/\/$/, "");
