import type { LifecycleContext } from "../lifecycle/contract";
import type { AwsConnection } from "../model/aws-connection";
import type { AzureConnection } from "../model/azure-connection";
import type { EngineLine } from "./engine-link";
import { configValues, environmentSecrets, type StackConfig } from "./named-secrets";
import type { Runtime } from "./runtime";

/** What one call of a lifecycle gets to work with; `self` is the URN that its resource was given by the program. */
export function callContext(runtime: Runtime, config: StackConfig | undefined, self: unknown): LifecycleContext {
  const { engine, redactor, env } = runtime;
  const urn = typeof self === "string" && self.startsWith("urn:pulumi:") ? self : "";
  const say = (line: Pick<EngineLine, "severity" | "ephemeral">) => (message: string) =>
    engine.log({ ...line, urn, message: redactor.redact(message) });
  const valuesFor = (connection: AwsConnection | AzureConnection): Readonly<Record<string, string>> => {
    const values = configValues(connection, config);
    for (const secret of [...Object.values(values), ...environmentSecrets(connection, env)]) redactor.remember(secret);
    return values;
  };
  return {
    name: resourceName(urn),
    log: {
      warn: say({ severity: "warning", ephemeral: false }),
      info: say({ severity: "info", ephemeral: false }),
      progress: say({ severity: "info", ephemeral: true }),
    },
    clock: runtime.clock,
    random: runtime.random,
    sleep: runtime.sleep,
    env,
    mayProceed: () => runtime.life.mayProceed(),
    configValues: valuesFor,
    custodian: (token) => {
      for (const secret of environmentSecrets(token, env)) redactor.remember(secret);
      return runtime.custodian(token);
    },
    kms: (connection) => runtime.kms(connection, valuesFor(connection)),
    kmsInventory: (connection) => runtime.kmsInventory(connection, valuesFor(connection)),
    keyVault: (connection) => runtime.keyVault(connection, valuesFor(connection)),
    vaultInventory: (connection) => runtime.vaultInventory(connection, valuesFor(connection)),
    madeWrappingKeys: runtime.madeWrappingKeys,
    azureConfigValues: valuesFor,
    azureOverrides: runtime.azureOverrides,
    ignoredOverrides: runtime.ignoredOverrides,
    caDigests: runtime.caDigests,
    files: runtime.files,
  };
}

/** `urn:pulumi:STACK::PROJECT::TYPES::NAME`; a name may contain `::` itself. */
const resourceName = (urn: string): string => urn.split("::").slice(3).join("::") || "this resource";
