import { azureCloudFacts } from "../../model/azure-clouds";
import { isVaultName } from "../../model/azure-key-name";
import { ByokError } from "../../model/errors";
import type { AzureCaller, KeyVaultPort, VaultFacts } from "../../model/ports/key-vault";
import { azureConnectionOf } from "../azure-connection-of";
import type { LifecycleContext } from "../contract";
import type { AzureKeyVaultGroupInputs } from "../inputs/azure-key-vault-group-inputs";

/** A vault that answers, and what Resource Manager tells of it where the credentials may look. */
export interface FoundVault {
  readonly url: string;
  readonly port: KeyVaultPort;
  readonly caller: AzureCaller;
  readonly facts?: VaultFacts;
  /** Names of the vaults that the credentials see; undefined where they may not look. */
  readonly seen?: readonly string[];
}

/**
 * Connects, and finds the vault that a group names: a URL is taken as it is, a name is looked up in Resource Manager, and stands for the cloud's
 * published host where nobody may look.
 *
 * @throws ByokError BYOK_AZURE_WRONG_TENANT, BYOK_AZURE_*; BYOK_INPUT_INVALID where the vault is not what the group says
 */
export async function findVault(context: LifecycleContext, inputs: AzureKeyVaultGroupInputs): Promise<FoundVault> {
  const guess = urlOfVault(inputs);
  const looking = context.keyVault(azureConnectionOf({ ...inputs, vaultUrl: guess }));
  const caller = await looking.caller().catch((error: unknown) => {
    // Signing in asks the authority and not the vault.
    if (!(error instanceof ByokError) || error.code !== "BYOK_AZURE_UNREACHABLE") throw error;
    throw error.with({ property: inputs.endpoint?.authority === undefined ? "cloud" : "endpoint.authority" });
  });
  if (caller.tenantId.toLowerCase() !== inputs.tenantId.toLowerCase()) {
    throw new ByokError("BYOK_AZURE_WRONG_TENANT", `The credentials belong to tenant ${caller.tenantId}.`, {
      property: "tenantId",
      hint: "Use credentials of the group's tenant, or correct tenantId.",
    });
  }
  const vaults = await looking.vaults();
  const facts = vaults?.find((vault) =>
    isUrl(inputs.vault) ? sameHost(vault.url, guess) : vault.name.toLowerCase() === inputs.vault.toLowerCase(),
  );
  if (facts !== undefined) requireAsSaid(inputs, facts);
  const url = facts === undefined ? guess : normalUrl(facts.url);
  const port = url === guess ? looking : context.keyVault(azureConnectionOf({ ...inputs, vaultUrl: url }));
  return {
    url,
    port,
    caller,
    ...(facts === undefined ? {} : { facts }),
    ...(vaults === undefined ? {} : { seen: vaults.map(({ name }) => name).sort() }),
  };
}

const isUrl = (vault: string): boolean => vault.includes("://");

/** `https://HOST[:PORT]`, lower case. */
const normalUrl = (text: string): string => new URL(text).origin;

const sameHost = (one: string, other: string): boolean => new URL(one).host === new URL(other).host;

/** The URL that the inputs name, or that the name of the vault stands for in its cloud. */
export function urlOfVault({ vault, cloud, tier }: Pick<AzureKeyVaultGroupInputs, "vault" | "cloud" | "tier">): string {
  if (isUrl(vault)) return normalUrl(vault);
  const { vaultSuffix, managedHsmSuffix } = azureCloudFacts[cloud];
  const suffix = tier === "managed-hsm" ? managedHsmSuffix : vaultSuffix;
  if (suffix === undefined)
    throw new ByokError("BYOK_INPUT_INVALID", `The cloud ${cloud} has no Managed HSM.`, {
      property: "tier",
      hint: 'Use a premium vault: tier: "premium".',
    });
  return `https://${vault.toLowerCase()}${suffix}`;
}

/** What is wrong with `vault` as text, or undefined. */
export function vaultFault(vault: string): string | undefined {
  if (!isUrl(vault))
    return isVaultName(vault)
      ? undefined
      : `${JSON.stringify(vault)} is neither the name of a vault nor its URL. Write for example "payments" or "https://payments.vault.azure.net".`;
  if (!URL.canParse(vault)) return `${JSON.stringify(vault)} is no URL.`;
  const { protocol, pathname, username, password, search } = new URL(vault);
  if (protocol !== "https:") return "must begin with https://.";
  if (pathname !== "/" || username !== "" || password !== "" || search !== "")
    return "must end with the host, such as https://payments.vault.azure.net.";
  return undefined;
}

function requireAsSaid(inputs: AzureKeyVaultGroupInputs, facts: VaultFacts): void {
  const wrong = (property: string, message: string, hint: string): never => {
    throw new ByokError("BYOK_INPUT_INVALID", message, { property, hint });
  };
  if (facts.tier !== inputs.tier)
    wrong("tier", `is ${inputs.tier}, and ${facts.name} is ${facts.tier}.`, `Write "${facts.tier}".`);
  if (facts.tenantId.toLowerCase() !== inputs.tenantId.toLowerCase())
    wrong("tenantId", `is ${inputs.tenantId}, and ${facts.name} trusts tenant ${facts.tenantId}.`, "Correct it.");
}
