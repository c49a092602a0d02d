/** The resource kinds of this package, as `load` of `pulumi-byok/provider` knows them. */
export type Kind =
  | "SourceGroup"
  | "SourceKey"
  | "AwsKmsGroup"
  | "AwsKmsKey"
  | "AwsKeyInventory"
  | "AwsAlias"
  | "DeletionSchedule"
  | "AzureKeyVaultGroup"
  | "AzureKey"
  | "AzureKeyBackup"
  | "AzureKeyInventory";

/**
 * The text that stands in the state of every resource and that Pulumi's dynamic-provider process runs for every operation. It
 * can never change: what is in state was written by any earlier version and is run by the one that is installed. It holds no
 * code of ours and captures nothing; it only finds the installed package, and says what to do where there is none.
 */
export const providerText = (kind: Kind): string =>
  `exports.handler = () => { try { return require("pulumi-byok/provider").load("${kind}"); } catch (e) { ` +
  `if (e.code === "MODULE_NOT_FOUND") { e.message = "pulumi-byok is not installed in " + process.cwd() + ". Run: npm install pulumi-byok"; e.stack = ""; } ` +
  `throw e; } };`;
