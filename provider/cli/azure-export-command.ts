import { access } from "node:fs/promises";
import path from "node:path";
import { openCustodian } from "../custodian/client";
import { azureKeyNameFault } from "../model/azure-key-name";
import { azureKeyTypeOf, refuseAzureKey } from "../model/azure-key-type";
import { ByokError } from "../model/errors";
import { exportedCopyId } from "../model/exported-copy";
import type { KeySpec } from "../model/key-spec";
import type { AzureTarget, GroupWrappingKey } from "../model/ports/azure-import";
import {
  azureConfigValuesFor,
  azureGroupInState,
  pinInState,
  wrappingKeyGroupInState,
  type AzureGroupInState,
} from "./azure-state-group";
import { exportedSource, type ExportedSource } from "./exported-source";
import { readStack } from "./stack-export";
import type { Terminal } from "./terminal";

/** What names a file that was, or will be, exported. */
export interface AzureForgetOptions {
  readonly key: string;
  readonly group: string;
  /** Decimal digits; default: the newest version, or that of the AzureKey. */
  readonly keyVersion?: string;
  /** Name of the key in Azure. */
  readonly name?: string;
  readonly stack?: string;
  readonly file?: string;
}

/** Options of `byok azure export`. */
export interface AzureExportOptions extends AzureForgetOptions {
  readonly out: string;
  readonly force?: boolean;
}

/** `byok azure export`: the custodian writes a version's `.byok` file, for an import by hand. */
export async function azureExportCommand(options: AzureExportOptions, terminal: Terminal): Promise<void> {
  const { source, group, keyName, exported } = await chosen("azure export", options);
  const file = path.resolve(options.out);
  await requireFree(file, options.force === true);
  const wrappingKey = wrappingKeyOf(exported, group, source);
  const { connection, allowedSpecs } = group;
  const refusal = refuseAzureKey(source.spec, connection.tier, "hsm");
  if (refusal !== undefined) throw refused(`${source.name} ${refusal.reason}`);
  if (allowedSpecs?.includes(source.spec) === false)
    throw refused(
      `${source.name} is ${source.spec}, and the group ${group.name} allows ${allowedSpecs.join(", ")} only (allowedSpecs).`,
    );
  const custodian = openCustodian(source.group.token);
  try {
    const { fingerprint, wrappingKey: used } = await custodian.exportForAzure({
      ...{ owner: source.owner, version: source.version, spec: source.spec, wrappingKey },
      rules: rulesOf(source),
      target: await targetOf(group, keyName, options),
      path: file,
      overwrite: options.force === true,
      copyName: path.basename(file),
    });
    terminal.err(
      `byok: version ${source.version} of ${source.name} is in ${file} (fingerprint ${fingerprint.method}:${fingerprint.value}). Only ${connection.vaultUrl} opens it, while ${used.id} is there. ` +
        "The token remembers it, and does not destroy that version until byok azure forget-export is run.",
    );
    if (used.id !== wrappingKey.id)
      terminal.err(
        `byok: the token does not remember that ${wrappingKey.id}, which the state names as the wrapping key of ${group.name}, was made here; so the token has one of its own in this vault.`,
      );
    await terminal.out(`${importLine(source.spec, group, keyName, file)}\n`);
  } finally {
    await custodian.end();
  }
}

/** `byok azure forget-export`: the token no longer keeps a version for the sake of a file. */
export async function azureForgetExportCommand(options: AzureForgetOptions, terminal: Terminal): Promise<void> {
  const { source, group, keyName } = await chosen("azure forget-export", options);
  const link = exportedCopyId(group.connection.vaultUrl, keyName);
  const custodian = openCustodian(source.group.token);
  try {
    const known = await custodian.links(source.owner);
    if (!known.some(({ arn, version }) => arn === link && version === source.version))
      throw refused(
        `The token remembers no file of version ${source.version} of ${source.name} for the key ${keyName} in ${group.connection.vaultUrl}.`,
        "Name the version with --key-version and the key in Azure with --name, as for the export.",
      );
    await custodian.noteDeletion({ owner: source.owner, version: source.version }, link);
    terminal.err(`byok: the token no longer keeps version ${source.version} of ${source.name} for the sake of a file.`);
  } finally {
    await custodian.end();
  }
}

interface Chosen {
  readonly exported: unknown;
  readonly source: ExportedSource;
  readonly group: AzureGroupInState;
  readonly keyName: string;
}

async function chosen(command: string, options: AzureForgetOptions): Promise<Chosen> {
  const exported = await readStack({ stack: options.stack, file: options.file, command });
  const group = azureGroupInState(exported, options.group);
  const source = exportedSource(exported, options.key, numberOf(options.keyVersion));
  const keyName = options.name ?? source.keyName;
  const fault = azureKeyNameFault(keyName);
  if (fault !== undefined) throw refused(fault, "Name the key in Azure with --name.");
  return { exported, source, group, keyName };
}

function numberOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw refused(`--key-version ${text} is none.`, "Write the number of a version of the source key, such as 2.");
}

/** This command saw no vault make a wrapping key, so it is for the token to know it. */
function wrappingKeyOf(exported: unknown, { name, bits }: AzureGroupInState, source: ExportedSource): GroupWrappingKey {
  const pin = pinInState(exported, name);
  const mark = wrappingKeyGroupInState(exported, name);
  if (pin !== undefined && mark !== undefined) {
    const remembers = source.group.abilities?.storesLinks === true;
    return { ...pin, ...{ group: mark, made: false, remembers, bits } };
  }
  throw refused(
    `The group ${name} keeps no wrapping key, and a file needs one that stays until it is imported.`,
    'Use a group of a premium vault or a Managed HSM with kek: { lifetime: "group" }, and run pulumi up.',
  );
}

const rulesOf = ({
  group: { allowedTargets, lab, minOaepHash },
  compromisedSince,
}: ExportedSource): Parameters<ReturnType<typeof openCustodian>["exportForAzure"]>[0]["rules"] => ({
  ...{ allowedTargets, lab, minOaepHash },
  ...(compromisedSince === undefined ? {} : { compromisedSince }),
});

const targetOf = async (
  { connection }: AzureGroupInState,
  keyName: string,
  { stack, file }: AzureForgetOptions,
): Promise<AzureTarget> => ({
  ...{ connection, keyName },
  configValues: await azureConfigValuesFor(connection, { stack, file }),
});

/** Before the PIN is asked for; the custodian itself refuses a file that appears meanwhile. */
async function requireFree(file: string, force: boolean): Promise<void> {
  if (force) return;
  try {
    await access(file);
  } catch {
    return;
  }
  throw refused(
    `${file} exists already, so it is left alone.`,
    "Name another file with --out, or write over it with --force.",
  );
}

/** Source: `az keyvault key import --help`; the tool itself adds -HSM to the type. */
function importLine(spec: KeySpec, { connection }: AzureGroupInState, keyName: string, file: string): string {
  const facts = azureKeyTypeOf(spec);
  const { host } = new URL(connection.vaultUrl);
  const [place = ""] = host.split(".");
  return [
    "az keyvault key import",
    connection.tier === "managed-hsm" ? `--hsm-name ${place}` : `--vault-name ${place}`,
    `--name ${keyName}`,
    `--kty ${facts?.kty ?? ""}`,
    ...(facts?.curve === undefined ? [] : [`--curve ${facts.curve}`]),
    "--protection hsm",
    `--ops ${(facts?.operations ?? []).join(" ")}`,
    `--byok-file ${quoted(file)}`,
  ].join(" ");
}

/** For a POSIX shell. */
const quoted = (text: string): string =>
  /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;

const refused = (message: string, hint?: string): ByokError =>
  new ByokError("BYOK_INPUT_INVALID", message, hint === undefined ? {} : { hint });
