import path from "node:path";
import { z } from "zod";
import { azureClouds } from "../model/azure-clouds";
import { azureTiers, type AzureConnection } from "../model/azure-connection";
import { azureKeyOperations } from "../model/azure-key-type";
import type {
  AzureClearImportReceipt,
  AzureClearImportRequest,
  AzureExportReceipt,
  AzureExportRequest,
  AzureImportReceipt,
  AzureImportRequest,
  AzureProof,
  AzureProveRequest,
} from "../model/ports/azure-import";
import { wrappingKeySizes } from "../model/ports/key-vault";
import {
  fingerprint,
  hex,
  isoDate,
  materialFile,
  rules,
  spec,
  texts,
  tlsSettings,
  url,
  versionFields,
} from "./protocol-shapes";

// Requests and answers about keys in Azure; see protocol.ts.

const azureConnection: z.ZodType<AzureConnection> = z.strictObject({
  cloud: z.enum(azureClouds),
  tenantId: z.string().min(1),
  subscriptionId: z.string().optional(),
  vaultUrl: url,
  tier: z.enum(azureTiers),
  endpoint: z.strictObject({ authority: url.optional(), resourceManager: url.optional() }).optional(),
  credentials: z
    .union([
      z.strictObject({ clientId: z.string(), clientSecret: z.string() }),
      z.strictObject({ clientId: z.string(), clientCertificateFile: z.string() }),
      z.strictObject({
        workloadIdentity: z.strictObject({ clientId: z.string().optional(), tokenFile: z.string().optional() }),
      }),
      z.strictObject({ managedIdentity: z.strictObject({ clientId: z.string().optional() }) }),
    ])
    .optional(),
  tls: tlsSettings,
});

const azureAsked = {
  ...versionFields,
  spec,
  file: materialFile.exactOptional(),
  rules,
  target: z.strictObject({ connection: azureConnection, keyName: z.string().min(1), configValues: texts }),
};

const pinFields = { id: url, publicKeySha256: hex(64) };
const bits = z.union(wrappingKeySizes.map((size) => z.literal(size)));
const groupWrappingKey = z.strictObject({
  ...pinFields,
  group: hex(32),
  made: z.boolean(),
  remembers: z.boolean(),
  bits,
});
const usedWrappingKey = z.strictObject({ ...pinFields, rememberedBy: z.enum(["token", "state", "import"]) });

const azureNewVersion = {
  ...azureAsked,
  operations: z.array(z.enum(azureKeyOperations)),
  enabled: z.boolean(),
  notBefore: isoDate.exactOptional(),
  expiresOn: isoDate.exactOptional(),
  tags: texts,
  expectedFingerprint: z.string().exactOptional(),
  copyName: z.string(),
};

export const azureClearImportRequest: z.ZodType<AzureClearImportRequest> = z.strictObject(azureNewVersion);

export const azureImportRequest: z.ZodType<AzureImportRequest> = z.strictObject({
  ...azureNewVersion,
  wrappingKey: z.union([groupWrappingKey, z.strictObject({ bits })]),
});

const { file: _, ...azureSource } = azureAsked;
export const azureExportRequest: z.ZodType<AzureExportRequest> = z.strictObject({
  ...azureSource,
  wrappingKey: groupWrappingKey,
  path: z.string().refine((text) => path.isAbsolute(text)),
  overwrite: z.boolean(),
  copyName: z.string(),
});

export const azureExportReceipt: z.ZodType<AzureExportReceipt> = z.strictObject({
  fingerprint,
  checkValue: hex(6),
  exportedAt: isoDate,
  exportedBy: z.string(),
  wrappingKey: usedWrappingKey,
});

const azureProofFields = { fingerprint, checkValue: hex(6), proof: z.enum(["public-key", "challenge", "accepted"]) };

const azureReceiptFields = { ...azureProofFields, keyId: url, importedAt: isoDate, importedBy: z.string() };

export const azureClearImportReceipt: z.ZodType<AzureClearImportReceipt> = z.strictObject(azureReceiptFields);

export const azureImportReceipt: z.ZodType<AzureImportReceipt> = z.strictObject({
  ...azureReceiptFields,
  wrappingKey: usedWrappingKey,
});

export const azureProveRequest: z.ZodType<AzureProveRequest> = z.strictObject({ ...azureAsked, keyId: url });
export const azureProof: z.ZodType<AzureProof> = z.strictObject({ ...azureProofFields, provedAt: isoDate });
