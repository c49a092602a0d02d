import { randomBytes } from "node:crypto";
import { caDigests } from "./network/ca-digests";
import { ignoredOverrides } from "./aws/ignored-overrides";
import { ignoredAzureOverrides } from "./azure/ignored-overrides";
import { hostLifecycle, type HostedLifecycle } from "./host/host-lifecycle";
import { createRuntime, engineAddressOf, type Runtime } from "./host/runtime";
import {
  lifecycles,
  loadCustodian,
  loadKeyVault,
  loadKms,
  loadKmsInventory,
  loadVaultInventory,
} from "./loaded-on-use";
import { escrowFiles } from "./secrets/escrow-files";

export type { HostedLifecycle } from "./host/host-lifecycle";

/** What a test package may replace; the state's own entry, {@link load}, replaces nothing. */
export interface LoadOverrides {
  /** The present, as rules about dates see it. Signatures, TLS and waiting always use real time. */
  readonly clock?: () => Date;
}

const hosted = new Map<string, HostedLifecycle>();
let shared: Runtime | undefined;

/**
 * The entry that the state of every resource names: the provider of one resource kind, one object a kind and process.
 *
 * @throws Error when this version of the package does not know the kind.
 */
export function load(kind: string): HostedLifecycle {
  return loadWith(kind, {});
}

/**
 * {@link load} for a test package of the same name, which wraps it with a clock of its own. Nothing in environment,
 * configuration or state leads here. The overrides of the first call hold for the process.
 */
export function loadWith(kind: string, overrides: LoadOverrides): HostedLifecycle {
  const known = hosted.get(kind);
  if (known !== undefined) return known;
  const lifecycle = lifecycles.get(kind);
  if (lifecycle === undefined) {
    throw new Error(
      `The installed pulumi-byok knows no resource "${kind}"; a newer version made it. Run: npm install pulumi-byok@latest`,
    );
  }
  shared ??= realRuntime(overrides);
  const provider = hostLifecycle(lifecycle(), shared);
  hosted.set(kind, provider);
  return provider;
}

function realRuntime(overrides: LoadOverrides): Runtime {
  // The AWS SDK warns on stderr of coming Node versions, which the CLI would show in every run.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";
  return createRuntime({
    openCustodian: (token) => loadCustodian().openCustodian(token),
    openKms: (connection, surroundings) => loadKms().openKms(connection, surroundings),
    openKmsInventory: (connection, surroundings) => loadKmsInventory().openKmsInventory(connection, surroundings),
    openKeyVault: (connection, surroundings) => loadKeyVault().openKeyVault(connection, surroundings),
    openVaultInventory: (connection, surroundings) => loadVaultInventory().openVaultInventory(connection, surroundings),
    azureOverrides: () => ignoredAzureOverrides(),
    ignoredOverrides: (connection) => ignoredOverrides(connection),
    caDigests,
    files: escrowFiles,
    clock: overrides.clock ?? (() => new Date()),
    random: randomBytes,
    // The CLI starts the provider with its own address as the first argument.
    engineAddress: engineAddressOf(process.argv[2]),
    exit: (code) => process.exit(code),
  });
}
