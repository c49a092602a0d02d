import { z } from "zod";
import type { AwsConnection } from "../model/aws-connection";
import { byokErrorCodes, type ByokErrorRecord } from "../model/errors";
import { fileWraps } from "../model/file-wrap";
import type {
  AwsTarget,
  CopyLink,
  CustodianPort,
  ImportReceipt,
  SourceVersion,
  SurveyedVersion,
} from "../model/ports/custodian";
import type { KeptKey, TokenHolding } from "../model/ports/kept-material";
import type { TokenConnection, TokenReport } from "../model/token";
import { holdingKinds } from "../model/token-holding";
import { wrappingKeySpecs } from "../model/wrapping";
import {
  azureClearImportReceipt,
  azureClearImportRequest,
  azureExportReceipt,
  azureExportRequest,
  azureImportReceipt,
  azureImportRequest,
  azureProof,
  azureProveRequest,
} from "./azure-protocol";
import {
  fingerprint,
  hex,
  isoDate,
  materialFile,
  owner,
  rules,
  spec,
  texts,
  tlsSettings,
  url,
  version,
  versionFields,
  versionRef,
} from "./protocol-shapes";

// What crosses between the provider and the process that holds a token. Both ends parse everything they receive, and the child
// parses what it sends: a field that stands in no schema here (a wrapping key, an import token, a blob) cannot cross.

/** An operation's name is the name of its method. */
export type OperationName = keyof CustodianPort;

type Arguments<Name extends OperationName> = Parameters<CustodianPort[Name]>;
type Result<Name extends OperationName> = Awaited<ReturnType<CustodianPort[Name]>>;

const tokenConnectionSchema: z.ZodType<TokenConnection> = z.strictObject({
  module: z.string().min(1),
  label: z.string().optional(),
  serial: z.string().optional(),
  pin: z.string().min(1),
  environment: texts.optional(),
  parameters: z.string().optional(),
});

const tokenReport: z.ZodType<TokenReport> = z.strictObject({
  identity: z.strictObject({
    label: z.string(),
    serial: z.string(),
    manufacturer: z.string(),
    model: z.string(),
    firmware: z.string(),
  }),
  abilities: z.strictObject({
    oaepHashes: z.array(z.enum(["sha1", "sha256"])),
    keyWrapPadding: z.enum(["exact", "pads", "none"]),
    specs: z.array(spec),
    fingerprint: z.enum(["digest-key", "mac"]),
    enforcesExtractable: z.boolean(),
    storesLinks: z.boolean(),
  }),
});

const surveyedFields = { ...versionFields, name: z.string(), spec, exportable: z.boolean() };
const surveyedVersion: z.ZodType<SurveyedVersion> = z.strictObject(surveyedFields);

const sourceVersionFields = {
  ...surveyedFields,
  id: hex(32),
  fingerprint,
  checkValue: hex(6),
  publicKey: z.base64().exactOptional(),
};
const sourceVersion: z.ZodType<SourceVersion> = z.strictObject(sourceVersionFields);

/** Fields of a {@link CopyLink}; the token keeps them as JSON. */
export const copyLinkFields = {
  ...versionFields,
  arn: z.string().min(1),
  copyName: z.string(),
  copiedAt: isoDate,
  copiedBy: z.string(),
  deletionDate: isoDate.exactOptional(),
  returning: isoDate.exactOptional(),
};

const copyLink: z.ZodType<CopyLink> = z.strictObject(copyLinkFields);

const tokenHolding: z.ZodType<TokenHolding> = z.strictObject({
  ...sourceVersionFields,
  kind: z.enum(holdingKinds),
  deactivated: z.boolean(),
  copies: z.array(copyLink),
});
const keptKey: z.ZodType<KeptKey> = z.strictObject({ ...versionFields, id: hex(32) });

const connectionFields = {
  region: z.string().min(1),
  endpoint: z
    .strictObject({ kms: url.optional(), sts: url.optional(), tagging: url.optional(), iam: url.optional() })
    .optional(),
  credentials: z
    .union([
      z.strictObject({ profile: z.string() }),
      z.strictObject({ csv: z.string() }),
      z.strictObject({
        accessKeyId: z.string(),
        secretAccessKey: z.string(),
        sessionToken: z.string().optional(),
      }),
    ])
    .optional(),
  tls: tlsSettings,
  quotas: z.record(z.string(), z.number().positive()).optional(),
};

const connection: z.ZodType<AwsConnection & { readonly account: string }> = z.strictObject({
  ...connectionFields,
  account: z.string().regex(/^\d{12}$/),
});

const target: z.ZodType<AwsTarget> = z.strictObject({ connection, keyArn: z.string().min(1), configValues: texts });

const importFields = {
  ...versionFields,
  spec,
  file: materialFile.exactOptional(),
  rules,
  target,
  wrappingAlgorithm: z.enum([
    "RSAES_OAEP_SHA_1",
    "RSAES_OAEP_SHA_256",
    "RSA_AES_KEY_WRAP_SHA_1",
    "RSA_AES_KEY_WRAP_SHA_256",
  ]),
  wrappingKeySpec: z.enum(wrappingKeySpecs),
  validTo: isoDate.exactOptional(),
  existing: z.boolean(),
  additional: z.boolean().exactOptional(),
  described: z.boolean().exactOptional(),
  expectedKeyMaterialId: hex(64).exactOptional(),
  expectedFingerprint: z.string().exactOptional(),
  copyName: z.string(),
};

const importReceipt: z.ZodType<ImportReceipt> = z.strictObject({
  keyMaterialId: hex(64).exactOptional(),
  fingerprint,
  checkValue: hex(6),
  importedAt: isoDate,
  importedBy: z.string(),
  proof: z.enum(["key-material-id", "public-key", "mac", "accepted"]),
});

/** What each operation takes and answers. */
export const operationSchemas: {
  readonly [Name in OperationName]: {
    readonly parameters: z.ZodType<Arguments<Name>>;
    readonly result: z.ZodType<Result<Name>>;
  };
} = {
  connect: { parameters: z.tuple([]), result: tokenReport },
  list: { parameters: z.tuple([owner.optional()]), result: z.array(sourceVersion) },
  survey: { parameters: z.tuple([]), result: z.array(surveyedVersion) },
  generate: {
    parameters: z.tuple([
      z.strictObject({ ...versionFields, name: z.string(), spec, unwraps: z.boolean().exactOptional() }),
    ]),
    result: sourceVersion,
  },
  rename: { parameters: z.tuple([owner, z.string()]), result: z.undefined() },
  importInto: { parameters: z.tuple([z.strictObject(importFields)]), result: importReceipt },
  prove: {
    parameters: z.tuple([z.strictObject({ ...importFields, expectedKeyMaterialId: hex(64).exactOptional() })]),
    result: importReceipt,
  },
  importIntoAzure: { parameters: z.tuple([azureImportRequest]), result: azureImportReceipt },
  importInClear: { parameters: z.tuple([azureClearImportRequest]), result: azureClearImportReceipt },
  proveInAzure: { parameters: z.tuple([azureProveRequest]), result: azureProof },
  exportForAzure: { parameters: z.tuple([azureExportRequest]), result: azureExportReceipt },
  inspectFile: { parameters: z.tuple([materialFile, spec]), result: hex(64) },
  fingerprintFile: { parameters: z.tuple([materialFile, spec, z.boolean()]), result: fingerprint },
  unwrapRefusal: {
    parameters: z.tuple([z.strictObject({ spec, wrap: z.enum(fileWraps), kept: z.boolean() })]),
    result: z.string().optional(),
  },
  close: { parameters: z.tuple([versionRef]), result: sourceVersion },
  destroy: { parameters: z.tuple([versionRef]), result: z.undefined() },
  holdings: { parameters: z.tuple([]), result: z.array(tokenHolding) },
  discard: { parameters: z.tuple([keptKey]), result: z.undefined() },
  claim: { parameters: z.tuple([owner, hex(32)]), result: z.undefined() },
  claimant: { parameters: z.tuple([owner]), result: hex(32).optional() },
  deactivated: { parameters: z.tuple([owner]), result: z.array(version).readonly() },
  setDeactivated: { parameters: z.tuple([owner, z.array(version).readonly()]), result: z.undefined() },
  links: { parameters: z.tuple([owner]), result: z.array(copyLink) },
  noteDeletion: { parameters: z.tuple([versionRef, z.string().min(1), isoDate.optional()]), result: z.undefined() },
  noteRevival: { parameters: z.tuple([versionRef, z.string().min(1)]), result: z.undefined() },
  noteReturning: {
    parameters: z.tuple([versionRef, z.string().min(1), isoDate.optional()]),
    result: z.undefined(),
  },
};

/** Operations that only a process of their own does. */
export const oneShotOperations: readonly OperationName[] = ["importInClear"];

const operationName = z.enum([
  "connect",
  "list",
  "survey",
  "generate",
  "rename",
  "importInto",
  "prove",
  "importIntoAzure",
  "importInClear",
  "proveInAzure",
  "exportForAzure",
  "inspectFile",
  "fingerprintFile",
  "unwrapRefusal",
  "close",
  "destroy",
  "holdings",
  "discard",
  "claim",
  "claimant",
  "deactivated",
  "setDeactivated",
  "links",
  "noteDeletion",
  "noteRevival",
  "noteReturning",
]) satisfies z.ZodType<OperationName>;

/** From the provider: first which token to hold, then operations. */
export const toChild = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("hold"),
    token: tokenConnectionSchema,
    /** The process is for one operation, and ends with it: material in clear is in no other. */
    oneShot: z.boolean().exactOptional(),
  }),
  z.strictObject({
    kind: z.literal("request"),
    id: z.int(),
    operation: operationName,
    parameters: z.unknown(),
    /** Values of the `env:` references that the parameters name. */
    environment: texts,
  }),
]);
export type ToChild = z.infer<typeof toChild>;

const errorRecord: z.ZodType<ByokErrorRecord> = z.strictObject({
  code: z.enum(byokErrorCodes),
  message: z.string(),
  hint: z.string().exactOptional(),
  property: z.string().exactOptional(),
  step: z.string().exactOptional(),
  retryable: z.boolean().exactOptional(),
});

/** From the process that holds the token. */
export const fromChild = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("ready") }),
  z.strictObject({ kind: z.literal("result"), id: z.int(), value: z.unknown() }),
  z.strictObject({ kind: z.literal("failure"), id: z.int(), error: errorRecord }),
]);
export type FromChild = z.infer<typeof fromChild>;
