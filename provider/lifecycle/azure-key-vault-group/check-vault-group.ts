import { ByokError } from "../../model/errors";
import { vaultPermissions, type KeyVaultPort, type VaultPermission } from "../../model/ports/key-vault";
import { accepted, failureOf, refused } from "../answers";
import { azureConnectionOf } from "../azure-connection-of";
import type { CheckResult, LifecycleContext, PlainRecord } from "../contract";
import { azureKeyVaultGroupInputs, type AzureKeyVaultGroupInputs } from "../inputs/azure-key-vault-group-inputs";
import { changedProperties } from "../same-json";
import { textList } from "../text-list";
import { validate } from "../validate";
import { findVault, urlOfVault, vaultFault, type FoundVault } from "./find-vault";
import { protectionIn } from "./group-wrapping-key";

/** What decides who answers. */
export const connectionProperties = [
  ...(["cloud", "tenantId", "subscriptionId", "vault", "tier"] as const),
  ...(["endpoint", "credentials", "tls"] as const),
] as const;

/** Without these no key can be made, kept and let go; the others serve a backup, a restore or a purge. */
const indispensable: readonly VaultPermission[] = ["get", "list", "update", "create", "import", "delete", "recover"];
const forRotation: readonly VaultPermission[] = ["getrotationpolicy", "setrotationpolicy"];

/** What each key of the group needs. */
const neededBy = ({ template }: Pick<AzureKeyVaultGroupInputs, "template">): readonly VaultPermission[] =>
  template?.rotation === undefined ? indispensable : [...indispensable, ...forRotation];

/**
 * Validates, and connects once: the vault's URL, its purge protection and what permissions are missing are written into the inputs. Only another
 * connection, or a check that was not asked for before, connects again.
 */
export async function checkVaultGroup(
  context: LifecycleContext,
  olds: PlainRecord,
  news: PlainRecord,
): Promise<CheckResult> {
  const validated = validate(azureKeyVaultGroupInputs, news);
  if (validated.kind === "wrong") return refused(news, validated.failures);
  if (validated.kind === "unknown") return accepted(news);
  const inputs = asWritten(validated.value);
  const fault = vaultFault(inputs.vault);
  if (fault !== undefined) return refused(inputs, [{ property: "vault", reason: fault }]);
  if (inputs.template?.protection === "hsm" && inputs.tier === "standard")
    return refused(inputs, [
      {
        property: "template.protection",
        reason: 'is "hsm", and a standard vault has no HSM-protected keys. Write "software".',
      },
    ]);
  const known = learnedIn(olds);
  const samePlace = known.vaultUrl !== undefined && changedProperties(olds, inputs, connectionProperties).length === 0;
  const asked = ["permissionCheck", "requirePurgeProtection"].some(
    (name) => name in inputs && changedProperties(olds, inputs, [name]).length > 0,
  );
  if (samePlace && !asked) return accepted({ ...inputs, ...known, ...missedBefore(context, inputs, olds) });
  try {
    for (const notice of context.azureOverrides(azureConnectionOf({ ...inputs, vaultUrl: urlOfVault(inputs) })))
      context.log.warn(notice);
    const found = await findVault(context, inputs);
    const learned = await learnOf(found);
    requirePurgeProtection(context, inputs, learned.purgeProtection);
    const connected = { ...inputs, vaultUrl: found.url, ...learned };
    return inputs.permissionCheck === "off"
      ? accepted(connected)
      : await withPermissions(context, connected, found.port);
  } catch (error) {
    const failure = ByokError.from(error, "Connecting to Azure");
    if (
      inputs.requireConnected === false &&
      failure.code !== "BYOK_AZURE_WRONG_TENANT" &&
      failure.code !== "BYOK_INPUT_INVALID"
    )
      return offline(context, inputs, failure);
    return refused(inputs, [failureOf(failure, failure.property ?? propertyFor(failure), "Connecting to Azure")]);
  }
}

/** What is derived is never taken from a program. */
const asWritten = ({
  vaultUrl: _url,
  missingPermissions: _missing,
  purgeProtection: _protection,
  retentionDays: _days,
  ...inputs
}: AzureKeyVaultGroupInputs): AzureKeyVaultGroupInputs => inputs;

const { vaultUrl, purgeProtection, retentionDays } = azureKeyVaultGroupInputs.shape;

/** What an earlier check found out. */
function learnedIn(olds: PlainRecord): {
  readonly vaultUrl?: string;
  readonly purgeProtection?: boolean;
  readonly retentionDays?: number;
} {
  const url = vaultUrl.safeParse(olds["vaultUrl"]).data;
  const protection = purgeProtection.safeParse(olds["purgeProtection"]).data;
  const days = retentionDays.safeParse(olds["retentionDays"]).data;
  return {
    ...(url === undefined ? {} : { vaultUrl: url }),
    ...(protection === undefined ? {} : { purgeProtection: protection }),
    ...(days === undefined ? {} : { retentionDays: days }),
  };
}

/** Of Resource Manager, else of the recovery level that any key of the vault shows. */
async function learnOf({
  facts,
  port,
}: FoundVault): Promise<{ readonly purgeProtection?: boolean; readonly retentionDays?: number }> {
  if (facts !== undefined) return { purgeProtection: facts.purgeProtection, retentionDays: facts.retentionDays };
  try {
    for await (const key of port.listKeys()) return protectionIn(key);
  } catch (error) {
    if (!(error instanceof ByokError) || error.code !== "BYOK_AZURE_ACCESS_DENIED") throw error;
  }
  return {};
}

/** @throws ByokError BYOK_INPUT_INVALID */
export function requirePurgeProtection(
  context: LifecycleContext,
  inputs: AzureKeyVaultGroupInputs,
  isProtected: boolean | undefined,
): void {
  if (isProtected === true) return;
  const risk = "whoever may purge can destroy a deleted key before its retention ends, and what it encrypted with it";
  if (inputs.requirePurgeProtection === false) {
    if (isProtected === false) context.log.warn(`the vault has no purge protection: ${risk}.`);
    return;
  }
  if (isProtected === undefined) return;
  throw new ByokError("BYOK_INPUT_INVALID", `the vault has no purge protection: ${risk}.`, {
    property: "requirePurgeProtection",
    hint: "Turn it on (az keyvault update --enable-purge-protection true), or write requirePurgeProtection: false.",
  });
}

async function withPermissions(
  context: LifecycleContext,
  inputs: AzureKeyVaultGroupInputs,
  port: KeyVaultPort,
): Promise<CheckResult> {
  const missing = await port.missingPermissions(vaultPermissions);
  if (missing.length === 0) return accepted(inputs);
  const needed = neededBy(inputs).filter((permission) => missing.includes(permission));
  const sentence = `its credentials lack key permissions: ${needed.join(", ")}.`;
  if (needed.length > 0 && inputs.permissionCheck === "require")
    return refused(inputs, [
      { property: "permissionCheck", reason: `${sentence} Nothing was created. ${permissionHint(inputs)}` },
    ]);
  if (needed.length > 0) context.log.warn(`${sentence} ${permissionHint(inputs)} pulumi refresh looks again.`);
  return accepted({ ...inputs, missingPermissions: missing });
}

/** What gives all that is needed. Source: Azure built-in roles for Key Vault and Managed HSM local RBAC. */
const permissionHint = ({ tier }: Pick<AzureKeyVaultGroupInputs, "tier">): string =>
  tier === "managed-hsm"
    ? "The role Managed HSM Crypto Officer with Managed HSM Crypto User has them."
    : "The role Key Vault Crypto Officer has them.";

/** What was missing stays so until somebody looks again, and is said again: a preview of an unchanged stack asks no cloud. */
function missedBefore(context: LifecycleContext, inputs: AzureKeyVaultGroupInputs, olds: PlainRecord): PlainRecord {
  const missed = textList(olds["missingPermissions"]);
  if (missed.length === 0 || inputs.permissionCheck === "off") return {};
  const needed = neededBy(inputs).filter((permission) => missed.includes(permission));
  if (needed.length > 0)
    context.log.warn(
      `its credentials lacked key permissions when they were last looked for: ${needed.join(", ")}. ${permissionHint(inputs)} pulumi refresh looks again.`,
    );
  return { missingPermissions: missed };
}

function offline(context: LifecycleContext, inputs: AzureKeyVaultGroupInputs, failure: ByokError): CheckResult {
  context.log.warn(
    `not connected, and requireConnected is false: every change of a key of this group fails until it is. ${failure.sentence}`,
  );
  return accepted({ ...inputs, vaultUrl: urlOfVault(inputs) });
}

function propertyFor({ code }: ByokError): string {
  if (code === "BYOK_AZURE_TLS_UNTRUSTED") return "tls";
  if (code === "BYOK_AZURE_UNREACHABLE") return "vault";
  return "credentials";
}
