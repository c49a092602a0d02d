#!/usr/bin/env node
import { readFileSync } from "node:fs";
import path from "node:path";
import { Command, Option } from "commander";
import { z } from "zod";
import { ByokError } from "../model/errors";
import type { AzureExportOptions, AzureForgetOptions } from "./azure-export-command";
import type { KeysOptions } from "./keys-command";
import type { LocalCommandOptions } from "./local-command";
import type { PermissionsOptions } from "./permissions-command";
import type { PlanOptions } from "./plan-command";
import type { ProveOptions } from "./prove-command";
import type { SyncOptions } from "./run-sync";
import type { TokenDestroyOptions } from "./token-destroy-command";
import type { TokenListOptions } from "./token-list-command";

const manifest = z.object({ version: z.string() });

/** The version in this package's manifest, three folders up from the compiled file. */
const version = (): string =>
  manifest.parse(JSON.parse(readFileSync(path.resolve(__dirname, "../../../package.json"), "utf8"))).version;

const program = new Command("byok")
  .description("Keys of a PKCS#11 token and their copies in the cloud")
  .version(version())
  .showHelpAfterError("(byok COMMAND --help tells more)");

program
  .command("tree")
  .description("show each source key of a stack with its versions and copies; needs neither PIN nor cloud")
  .argument("[stack]", "stack to read; default: the selected one")
  .option("--json", "print JSON")
  .option("--file <state>", "read an exported stack instead (- for standard input)")
  .action(async (stack: string | undefined, options: { json?: boolean; file?: string }) => {
    const { treeCommand } = await import("./tree-command.js");
    process.stdout.write(await treeCommand(stack, options));
  });

program
  .command("keys")
  .description(
    "list which key of a cloud each AwsKmsKey and AzureKey of a stack has at present; needs neither PIN nor cloud",
  )
  .option("--group <name>", "only those of this AwsKmsGroup or AzureKeyVaultGroup")
  .option("--stack <stack>", "stack to read; default: the selected one")
  .option("--file <state>", "read an exported stack instead (- for standard input)")
  .option("--json", "print JSON")
  .action(async (options: KeysOptions) => {
    const { keysCommand } = await import("./keys-command.js");
    process.stdout.write(await keysCommand(options));
  });

const sync = program
  .command("sync")
  .description("list every key of an account or a vault, and write a program that adopts some of them; only reads");

sync
  .command("aws")
  .description(
    "list every key of an AwsKmsGroup's account and Region, and who manages it; reads the group's connection from the stack's state, and never writes to AWS",
  )
  .requiredOption("--group <name>", "name of the AwsKmsGroup resource")
  .option("--stack <stack>", "stack to read; default: the selected one")
  .option("--file <state>", "read an exported stack instead (- for standard input)")
  .option("--json", "print JSON")
  .option("--out <file>", "keep the list in a JSON file: new keys are appended, gone ones marked with the date")
  .option("--rotations", "also count each symmetric key's rotations; AWS grants 100 such calls a second")
  .option("--adopt <keys>", "write a program that adopts these: ids, ARNs, aliases, separated by commas; or all", list)
  .option(
    "--ask-token",
    "with --adopt: ask the tokens of the stack which source key was copied to which; needs the PINs",
  )
  .option("--program <file>", "with --adopt: the program to write", "adopted-keys.ts")
  .option("--force", "with --adopt: write over that file")
  .action(async (options: SyncOptions) => {
    const { syncCommand } = await import("./sync-command.js");
    const { processTerminal } = await import("./terminal.js");
    await syncCommand(options, processTerminal());
  });

sync
  .command("azure")
  .description(
    "list every key of an AzureKeyVaultGroup's vault with its versions, the soft-deleted ones too, and who manages it; reads the group's connection from the stack's state, and never writes to Azure",
  )
  .requiredOption("--group <name>", "name of the AzureKeyVaultGroup resource")
  .option("--stack <stack>", "stack to read; default: the selected one")
  .option("--file <state>", "read an exported stack instead (- for standard input)")
  .option("--json", "print JSON")
  .option("--out <file>", "keep the list in a JSON file: new keys are appended, gone ones marked with the date")
  .option("--rotations", "also read each key's rotation policy; needs the key permission getrotationpolicy")
  .option("--adopt <keys>", "write a program that adopts these: names or ids, separated by commas; or all", list)
  .option(
    "--ask-token",
    "with --adopt: ask the tokens of the stack which source key was copied to which; needs the PINs",
  )
  .option("--program <file>", "with --adopt: the program to write", "adopted-keys.ts")
  .option("--force", "with --adopt: write over that file")
  .action(async (options: SyncOptions) => {
    const { syncAzureCommand } = await import("./sync-azure-command.js");
    const { processTerminal } = await import("./terminal.js");
    await syncAzureCommand(options, processTerminal());
  });

const azure = program.command("azure").description("files for an import by hand into a vault");

azure
  .command("export")
  .description(
    "write the .byok file of a source key's version, wrapped under the pinned wrapping key of a group, and print the line that imports it; sends nothing to Azure. Needs the PIN",
  )
  .requiredOption("--key <name>", "name of the SourceKey, or of an AzureKey that copies one")
  .requiredOption("--group <name>", "name of the AzureKeyVaultGroup for whose vault the file is")
  .requiredOption("--out <file>", "the file to write, readable by you alone")
  .option("--name <name>", "name of the key in Azure; default: that of the resource")
  .option("--key-version <number>", "version of the source key; default: the newest, or the one of the AzureKey")
  .option("--force", "write over the file")
  .option("--stack <stack>", "stack to read; default: the selected one")
  .option("--file <state>", "read an exported stack instead (- for standard input)")
  .action(async (options: AzureExportOptions) => {
    const { azureExportCommand } = await import("./azure-export-command.js");
    const { processTerminal } = await import("./terminal.js");
    await azureExportCommand(options, processTerminal());
  });

azure
  .command("forget-export")
  .description(
    "let the token forget a .byok file, once neither it nor a key imported from it is needed: the version may then be destroyed. Needs the PIN",
  )
  .requiredOption("--key <name>", "as for the export")
  .requiredOption("--group <name>", "as for the export")
  .option("--name <name>", "as for the export")
  .option("--key-version <number>", "as for the export, and of the version at that time")
  .option("--stack <stack>", "stack to read; default: the selected one")
  .option("--file <state>", "read an exported stack instead (- for standard input)")
  .action(async (options: AzureForgetOptions) => {
    const { azureForgetExportCommand } = await import("./azure-export-command.js");
    const { processTerminal } = await import("./terminal.js");
    await azureForgetExportCommand(options, processTerminal());
  });

program
  .command("prove")
  .description(
    "show that copies of a stack hold their source's material: imports the same material again into symmetric KMS keys, only asks all others, and never changes expiry or state",
  )
  .option("--stack <stack>", "stack to read; default: the selected one")
  .option("--copy <names>", "only these AwsKmsKey and AzureKey resources, separated by commas", list)
  .option("--json", "print JSON")
  .action(async (options: ProveOptions) => {
    const { proveCommand } = await import("./prove-command.js");
    const { processTerminal } = await import("./terminal.js");
    if (!(await proveCommand(options, processTerminal()))) process.exitCode = failed;
  });

const token = program.command("token").description("what lies in the token of a SourceGroup");

token
  .command("list")
  .description(
    "list the source keys and the material of files that copies keep there, with who needs them; changes nothing. Needs the PIN",
  )
  .requiredOption("--group <name>", "name of the SourceGroup resource")
  .option("--stack <stack>", "stack to read; default: the selected one")
  .option("--file <state>", "read an exported stack instead (- for standard input)")
  .option("--json", "print JSON")
  .action(async (options: TokenListOptions) => {
    const { tokenListCommand } = await import("./token-list-command.js");
    const { processTerminal } = await import("./terminal.js");
    await tokenListCommand(options, processTerminal());
  });

token
  .command("destroy")
  .description(
    "destroy kept material (keepInToken: true) that no copy needs any more, once the word that it prints is confirmed; never a source key. Needs the PIN",
  )
  .requiredOption("--group <name>", "name of the SourceGroup resource")
  .requiredOption(
    "--id <ids>",
    "CKA_ID of the material, as byok token list shows it; several separated by commas",
    list,
  )
  .option(
    "--confirm <words>",
    "the words to confirm, separated by commas; BYOK_CONFIRM in the environment does the same",
  )
  .option("--stack <stack>", "stack to read; default: the selected one")
  .option("--file <state>", "read an exported stack instead (- for standard input)")
  .action(async ({ confirm, ...options }: TokenDestroyOptions) => {
    const { tokenDestroyCommand } = await import("./token-destroy-command.js");
    const { processTerminal } = await import("./terminal.js");
    const words = [confirm, process.env["BYOK_CONFIRM"]].filter((word) => word !== undefined).join(",");
    await tokenDestroyCommand({ ...options, confirm: words }, processTerminal());
  });

program
  .command("plan")
  .description(
    "say what the next pulumi up, or pulumi destroy, does to keys and ciphertext, who depends on them, until when it can be undone, and the words to confirm; changes nothing. Exit code 2: something is destroyed",
  )
  .option("--destroy", "what pulumi destroy does, from the state alone")
  .option("--stack <stack>", "stack to read; default: the selected one")
  .option("--preview <file>", "read what pulumi preview --json wrote instead of running it (- for standard input)")
  .option("--file <state>", "read an exported stack instead (- for standard input)")
  .option("--offline", "do not ask AWS; take what the state knows")
  .option("--json", "print JSON")
  .action(async (options: PlanOptions) => {
    const { planCommand } = await import("./plan-command.js");
    const { processTerminal } = await import("./terminal.js");
    process.exitCode = await planCommand(options, processTerminal());
  });

program
  .command("permissions")
  .description("print IAM policies for separate importer, destroyer and policy-admin roles; needs no cloud")
  .option("--account <id>", "AWS account, 12 digits")
  .option("--region <codes>", "Regions, separated by commas", list)
  .option("--group <name>", "take account and Region from this AwsKmsGroup of the stack")
  .option("--stack <stack>", "with --group: stack to read; default: the selected one")
  .option("--file <state>", "with --group: read an exported stack instead (- for standard input)")
  .option("--role <role>", "only this one: importer, material-importer, destroyer or policy-admin")
  .option("--alias-prefix <prefix>", "aliases that the roles may touch, such as alias/ledger/; default: all")
  .option("--native", "also for keys whose material AWS makes")
  .option("--sha1", "also for tokens that wrap with OAEP SHA-1 only")
  .option("--min-window <days>", "shortest waiting period of a deletion, 7 to 30; default: 30")
  .action(async (options: PermissionsOptions) => {
    const { permissionsCommand } = await import("./permissions-command.js");
    process.stdout.write(await permissionsCommand(options));
  });

program
  .command("local")
  .description("run the local AWS KMS on this machine's loopback address, for a first run and for tests")
  .option("--data <folder>", "folder for keys, certificates and credentials", ".byok-local")
  .option("--port <number>", "HTTP port (default: that of the last start, else a free one)")
  .option("--https-port <number>", "HTTPS port, likewise")
  .option("--no-http", "serve HTTPS only")
  .option("--no-https", "serve HTTP only")
  .option("--region <code...>", "Regions to serve (default: eu-central-1 eu-west-1 us-east-1)")
  .option("--quotas", "enforce AWS's published request quotas")
  .option("--strict-der", "refuse key material with bytes after its DER structure")
  .option("--azure", "serve a local Azure too: Key Vault, Managed HSM, Entra ID, Resource Manager")
  .addOption(new Option("--expose-material", "let the control API hand out key material, for tests"))
  .option("--json", "announce the endpoints as one line of JSON")
  .action(async (options: LocalCommandOptions) => {
    const { localCommand } = await import("./local-command.js");
    await localCommand(options);
  });

/** `one,two`, also given several times. */
function list(text: string, before: readonly string[] | undefined): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  return [...(before ?? []), ...names.filter((name) => name !== "")];
}

/** Exit code of a command that failed; commander itself exits with 1 for wrong usage. */
const failed = 1;

program.parseAsync().catch((error: unknown) => {
  const known = isLocalCloudError(error) ? error : ByokError.from(error, "The command");
  const sentence = sentenceOf(known);
  process.stderr.write(`byok: ${sentence}\n`);
  process.exitCode = failed;
});

/** Errors of the local cloud carry their hint in the message; it shares no class with the provider. */
const isLocalCloudError = (error: unknown): error is Error =>
  error instanceof Error && error.constructor.name === "LocalCloudError";

const sentenceOf = (error: Error): string => (error instanceof ByokError ? error.codedSentence : error.message);
