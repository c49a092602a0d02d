import { createHash } from "node:crypto";
import { azureKeyTypeOf } from "../../model/azure-key-type";
import { mostByokBytes, readByokHeader } from "../../model/byok-file";
import { ByokError } from "../../model/errors";
import { sha256Of } from "../../model/key-backup";
import type { PinnedWrappingKey } from "../../model/ports/azure-import";
import type { KeyVaultPort, NewVersionSettings, VaultKeyFacts } from "../../model/ports/key-vault";
import { seeWrappingKey } from "../azure-key-vault-group/group-wrapping-key";
import { nameOf } from "../aws-kms-key/key-material";
import type { LifecycleContext, PlainRecord } from "../contract";
import type { AzureKeyGoal } from "./azure-key-inputs";
import { wrappedElsewhereFault } from "./byok-material";
import type { Told } from "./record-azure-key";
import { withVersion } from "./told-version";

/**
 * Imports a `.byok` file that was made elsewhere. No token has to do with it, and nobody but the vault's hardware opens it. Where the program names the public key
 * that it has to have, the version is disabled until {@link compareByokFile} has seen it: Azure takes no version back.
 *
 * @throws ByokError BYOK_REFERENCE_UNRESOLVED, BYOK_MATERIAL_INVALID, BYOK_WRAP_REFUSED, BYOK_AZURE_*
 */
export async function bringByokFile(
  context: LifecycleContext,
  port: KeyVaultPort,
  inputs: AzureKeyGoal,
  settings: NewVersionSettings,
  told: Told,
): Promise<Told> {
  const { name, spec, group, expectedPublicKeySha256: expected } = inputs;
  const pin = pinFor(inputs);
  const byok = await readChecked(context, inputs, pin);
  const { fault } = await seeWrappingKey(port, pin, context.clock());
  if (fault !== undefined)
    throw new ByokError(
      "BYOK_WRAP_REFUSED",
      `The file is not imported: the wrapping key of the group ${group.name} cannot be trusted: ${fault}.`,
      { hint: "Run pulumi refresh: the group then makes another one, for which the key has to be wrapped again." },
    );
  const type = azureKeyTypeOf(spec);
  if (type === undefined) throw new ByokError("BYOK_INTERNAL", `Azure has no ${spec} keys.`);
  const { kty, curve } = type;
  context.mayProceed();
  context.log.progress("importing the .byok file");
  const imported = await port
    .importByok({
      ...settings,
      enabled: settings.enabled && expected === undefined,
      name,
      kty: `${kty}-HSM`,
      ...(curve === undefined ? {} : { curve }),
      byok,
    })
    .catch((error: unknown) => {
      throw unopened(error, inputs);
    });
  const wrapping = {
    algorithm: "CKM_RSA_AES_KEY_WRAP",
    wrappingKey: pin,
    attestation: "not verified",
    wrappedElsewhere: true,
  };
  return withVersion({ ...told, receipts: { wrapping } }, inputs, inputs.version, imported.version, {});
}

/** The file as `check` saw it. */
async function readChecked(context: LifecycleContext, inputs: AzureKeyGoal, pin: PinnedWrappingKey): Promise<Buffer> {
  const { material, materialDigest, group } = inputs;
  const property = "material.byok";
  const path = "byok" in material ? material.byok : "";
  const content = await context.files.read(path, mostByokBytes);
  if (content === undefined)
    throw new ByokError("BYOK_REFERENCE_UNRESOLVED", `There is no file ${path}, and an import of it is due.`, {
      property,
      hint: "Put it there again, or have the key wrapped again: another file makes another version.",
    });
  if (sha256Of(content) !== materialDigest)
    throw new ByokError("BYOK_MATERIAL_INVALID", `The file ${path} was changed after it was checked.`, {
      property,
      hint: "Run pulumi up again.",
    });
  const read = readByokHeader(content);
  const fault = "fault" in read ? read.fault : wrappedElsewhereFault(read.header, pin, group.kek.size);
  if (fault === undefined) return content;
  throw new ByokError("BYOK_MATERIAL_INVALID", `The file ${path} cannot be imported: ${fault}`, { property });
}

/** Azure says of a file that does not open, or holds another key than it was told, only that the request is wrong, and says the same of any other setting; that the header is right was seen before. */
function unopened(error: unknown, { material, spec }: AzureKeyGoal): unknown {
  if (!(error instanceof ByokError) || error.code !== "BYOK_AZURE_REQUEST_INVALID") return error;
  return new ByokError(
    "BYOK_MATERIAL_INVALID",
    `Azure does not take ${nameOf(material)}: it does not open under the group's wrapping key, or holds no ${spec} key, or Azure refuses another setting (operations, tags, notBefore, expiresOn). ${error.message}`,
    {
      property: "material.byok",
      hint: "Where one of those settings was changed last, undo that. Else correct spec, or have the key wrapped again: RSA-OAEP with SHA-1 under wrappingKey.publicKeyPem, then RFC 5649 of the key in PKCS#8 (of an AES key: its bytes).",
    },
  );
}

function pinFor({ wrappingKey, group }: AzureKeyGoal): PinnedWrappingKey {
  if (wrappingKey !== undefined && group.kek.lifetime === "group") return wrappingKey;
  throw new ByokError(
    "BYOK_AZURE_INVALID_STATE",
    `The group ${group.name} keeps no wrapping key, so no .byok file can have been wrapped for it.`,
    { hint: 'It makes one with kek.lifetime "group", on pulumi up. Have the key wrapped under that.' },
  );
}

/**
 * Compares the public key that Azure shows with the one that the program names. Before the import nobody could: the file opens in the vault's hardware alone.
 *
 * @throws ByokError BYOK_COPY_DIFFERS
 */
export function compareByokFile(
  context: LifecycleContext,
  inputs: AzureKeyGoal,
  number: number,
  key: VaultKeyFacts,
  told: Told,
): Told {
  const { expectedPublicKeySha256: expected } = inputs;
  const found = createHash("sha256")
    .update(key.publicKey ?? "")
    .digest("hex");
  if (expected === undefined || found !== expected)
    throw new ByokError(
      "BYOK_COPY_DIFFERS",
      `The key ${key.id} has another public key than material.publicKey names${key.enabled ? ", and is enabled" : "; it stays disabled"}.`,
      {
        property: "material.publicKey",
        hint: "Do not use it. Find out who made the file. With the right file it gets another version, with the right public key this one is taken.",
      },
    );
  const provedAt = context.clock().toISOString();
  const proof: PlainRecord = { method: "public-key", publicKeySha256: expected, versionId: key.id, provedAt };
  return withVersion({ ...told, receipts: { ...told.receipts, proof } }, inputs, number, key.version, { provedAt });
}
