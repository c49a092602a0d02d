import type * as pulumi from "@pulumi/pulumi";
import type { BackedUpVersion } from "../provider/model/key-backup";
import { AzureKey } from "./azure-key";
import { ByokResource } from "./byok-resource";
import { propertyOf, requireArgs, wrongResource } from "./misuse";

/** Arguments of {@link AzureKeyBackup}. */
export interface AzureKeyBackupArgs {
  /** The key. Another vault or name is another backup; the former one stays or goes as its `onRemove` says. */
  key: AzureKey;
  /**
   * File for the backup, as `az keyvault key restore` takes it; relative paths start in the project's folder, and the folder must exist. It is written for its owner
   * alone, whole or not at all. Beside it, `FILE.json` says what is in it. A file that is none of this key's is never written over, and never one by a backup with
   * fewer versions. Exactly one of `file` and `output`. Errors: BYOK_BACKUP_REFUSED, BYOK_INPUT_INVALID.
   */
  file?: pulumi.Input<string>;
  /** True: the backup is the secret output `blob`, which Pulumi encrypts in the state. Its debug log (`--debug`) shows all outputs, this one too. */
  output?: pulumi.Input<boolean>;
  /** What removing this resource does to the file. Default `keep`. An output goes with the resource. */
  onRemove?: pulumi.Input<"keep" | "delete">;
}

const outputs = ["keyId", "covers", "sha256", "backedUpAt", "restorableIn", "blob", "pending"] as const;
const derived = ["vaultUrl", "keyName", "version", "upToDate"] as const;

/**
 * The backup of a key of a vault with all its versions, encrypted by Azure: nobody can read the key from it, and Azure restores it, under the same name, in the same
 * subscription and geography only (of a Managed HSM: the same security domain). It is made anew when the key gets a version, and when a refresh finds it gone or
 * changed. While the key is soft-deleted none can be made, and the former one is kept. Key Vault backs up no key with more than 500 versions.
 *
 * To bring a purged key back, give its {@link AzureKey} `backup: { file }`.
 *
 * Permissions: key permissions get, list, backup; update for the tag `byok:backup`, by which the key tells of its backups.
 *
 * @example
 * ```ts
 * new byok.AzureKeyBackup("orders-backup", { key: orders, file: "./escrow/orders.backup" });
 * ```
 */
export class AzureKeyBackup extends ByokResource {
  /** `https://HOST/keys/NAME`. */
  declare public readonly keyId: pulumi.Output<string>;
  /** The versions that the backup holds, oldest first. */
  declare public readonly covers: pulumi.Output<BackedUpVersion[]>;
  /** SHA-256 of the backup, in hex. */
  declare public readonly sha256: pulumi.Output<string>;
  /** ISO 8601. */
  declare public readonly backedUpAt: pulumi.Output<string>;
  /** Where it can be restored, in words. */
  declare public readonly restorableIn: pulumi.Output<string>;
  /** The backup as base64, a secret; only with `output: true`. */
  declare public readonly blob: pulumi.Output<string | undefined>;
  /** Steps that are still due, in words; empty when all is done. */
  declare public readonly pending: pulumi.Output<string[]>;
  /** As in the arguments. */
  declare public readonly file: pulumi.Output<string | undefined>;
  /** As in the arguments; `keep` by default. */
  declare public readonly onRemove: pulumi.Output<"keep" | "delete">;

  /**
   * @param name - name of the resource in the program.
   * @param args - the key, and where its backup goes.
   * @param opts - Pulumi's options for any resource.
   */
  constructor(name: string, args: AzureKeyBackupArgs, opts?: pulumi.CustomResourceOptions) {
    const key = propertyOf(requireArgs("AzureKeyBackup", name, args), "key");
    if (!(key instanceof AzureKey)) throw wrongResource("AzureKeyBackup", name, "key", "AzureKey", key);
    const shape = {
      args,
      unpacked: { key: key.carried },
      defaulted: ["file", "onRemove"],
      outputs,
      derived,
      texts: ["covers"],
    };
    super("AzureKeyBackup", name, shape, {
      ...opts,
      additionalSecretOutputs: [...(opts?.additionalSecretOutputs ?? []), "blob"],
    });
  }
}
