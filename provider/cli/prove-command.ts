import { z } from "zod";
import { openCustodian, type OpenCustodian } from "../custodian/client";
import { connectionOf } from "../lifecycle/connection-of";
import { wrappingOfSource } from "../lifecycle/aws-kms-key/wrapping-of-source";
import { awsKmsGroupRecord } from "../lifecycle/inputs/aws-kms-group-inputs";
import { sourceKeyRecord } from "../lifecycle/inputs/source-key-inputs";
import { canonicalJson } from "../lifecycle/same-json";
import { ByokError } from "../model/errors";
import type { ProveRequest } from "../model/ports/custodian";
import { importConnection } from "../model/permissions/credential-roles";
import type { TokenConnection } from "../model/token";
import { wrappingKeySpecs } from "../model/wrapping";
import { azureCopiesToProve, azureProveNotice, proveAzureCopy } from "./prove-azure-copy";
import { printVerdict, verdictOn, type Verdict } from "./prove-verdict";
import { carried, readStack, resourcesOf } from "./stack-export";
import { configValuesFor } from "./state-group";
import type { Terminal } from "./terminal";

/** Options of `byok prove`. */
export interface ProveOptions {
  readonly stack?: string;
  /** Names of copies; all without any. */
  readonly copy?: readonly string[];
  readonly json?: boolean;
}

/** What this command says before it begins. */
export const proveNotice =
  "A symmetric key is proven by importing the same material into it once more (kms:ImportKeyMaterial): AWS takes nothing else, and tells nothing else of it. " +
  "Its expiry and its state are never changed. RSA, EC and HMAC keys are only asked (kms:GetPublicKey, kms:GenerateMac).";

const copyOutputs = z.object({
  arn: z.string(),
  version: z.int().positive(),
  versionOffset: z.int().positive().default(0),
  wrappingKeySpec: z.enum(wrappingKeySpecs).default("RSA_4096"),
  group: carried(awsKmsGroupRecord),
  material: z.object({ source: carried(sourceKeyRecord) }),
  proof: carried(z.object({ keyMaterialId: z.string().optional() })).optional(),
  replicas: z
    .array(
      z.object({
        arn: z.string(),
        group: carried(awsKmsGroupRecord),
        proof: z.object({ keyMaterialId: z.string().optional() }).optional(),
      }),
    )
    .default([]),
});

/**
 * `byok prove`: shows that copies of a stack hold their source's material, one after the other.
 *
 * @returns true where each of them was proven
 */
export async function proveCommand(options: ProveOptions, terminal: Terminal): Promise<boolean> {
  const exported = await readStack({ stack: options.stack, command: "prove" });
  const inAws = copiesOf(exported).flatMap(inEveryRegion);
  const inAzure = azureCopiesToProve(exported);
  const wanted = chosen([...inAws, ...inAzure], options.copy ?? []);
  if (inAws.some(wanted)) terminal.err(`byok: ${proveNotice}`);
  if (inAzure.some(wanted)) terminal.err(`byok: ${azureProveNotice}`);
  const custodians = new Map<string, OpenCustodian>();
  const custodianOf = (token: TokenConnection): OpenCustodian => {
    const key = canonicalJson(token);
    const custodian = custodians.get(key) ?? openCustodian(token);
    custodians.set(key, custodian);
    return custodian;
  };
  const verdicts: Verdict[] = [];
  const tell = async (verdict: Verdict): Promise<void> => {
    verdicts.push(verdict);
    if (options.json !== true) await terminal.out(printVerdict(verdict));
  };
  try {
    for (const copy of inAws.filter(wanted)) await tell(await prove(copy, custodianOf, options.stack));
    for (const copy of inAzure.filter(wanted)) await tell(await proveAzureCopy(copy, custodianOf, options.stack));
  } finally {
    await Promise.all([...custodians.values()].map((custodian) => custodian.end()));
  }
  if (options.json === true) await terminal.out(`${JSON.stringify(verdicts, undefined, 2)}\n`);
  return verdicts.every(({ proven }) => proven);
}

interface Copy {
  readonly name: string;
  readonly outputs: z.infer<typeof copyOutputs>;
}

const copiesOf = (exported: unknown): readonly Copy[] =>
  resourcesOf(exported, "AwsKmsKey").flatMap(({ name, outputs }): readonly Copy[] => {
    const parsed = copyOutputs.safeParse(outputs);
    return parsed.success ? [{ name, outputs: parsed.data }] : [];
  });

/** Tells the copies that are named; all without a name. */
function chosen(
  copies: readonly { readonly name: string }[],
  names: readonly string[],
): (copy: { readonly name: string }) => boolean {
  const missing = names.filter((name) => !copies.some((copy) => copy.name === name));
  if (missing.length === 0) return ({ name }) => names.length === 0 || names.includes(name);
  const known = [...new Set(copies.map(({ name }) => name))].join(", ");
  throw new ByokError("BYOK_INPUT_INVALID", `This stack has no copy of a source key named ${missing.join(", ")}.`, {
    hint: known === "" ? "It has none at all." : `It has: ${known}.`,
  });
}

/** A multi-Region key, and each of its replicas. */
const inEveryRegion = ({ name, outputs }: Copy): readonly Copy[] => [
  { name, outputs },
  ...outputs.replicas.map(({ arn, group, proof }) => ({ name, outputs: { ...outputs, arn, group, proof } })),
];

async function prove(
  { name, outputs }: Copy,
  custodianOf: (token: TokenConnection) => OpenCustodian,
  stack: string | undefined,
): Promise<Verdict> {
  const { source } = outputs.material;
  const about = { copy: name, arn: outputs.arn, source: source.name, version: sourceVersionOf(outputs) };
  return verdictOn(about, async () => custodianOf(source.group.token).prove(await requestFor(name, outputs, stack)));
}

async function requestFor(name: string, outputs: Copy["outputs"], stack: string | undefined): Promise<ProveRequest> {
  const { source } = outputs.material;
  const { allowedTargets, lab, minOaepHash } = source.group;
  const connection = connectionOf(outputs.group);
  const wrapping = wrappingOfSource(outputs);
  if (wrapping === undefined || "refused" in wrapping) {
    const { refused, hint } = wrapping ?? { refused: "What the token can do is not known.", hint: "Run pulumi up." };
    throw new ByokError("BYOK_WRAP_REFUSED", refused, { hint });
  }
  const keyMaterialId = outputs.proof?.keyMaterialId;
  return {
    owner: source.owner,
    version: sourceVersionOf(outputs),
    spec: source.spec,
    rules: {
      ...{ allowedTargets, lab, minOaepHash },
      ...(source.compromisedSince === undefined ? {} : { compromisedSince: source.compromisedSince }),
    },
    target: {
      connection: { ...importConnection(connection), account: outputs.group.account },
      keyArn: outputs.arn,
      configValues: await configValuesFor(connection, { stack }),
    },
    wrappingAlgorithm: wrapping.algorithm,
    wrappingKeySpec: wrapping.wrappingKeySpec,
    existing: true,
    ...(keyMaterialId === undefined ? {} : { expectedKeyMaterialId: keyMaterialId }),
    copyName: name,
  };
}

/** A key that had other material before counts on from there. */
const sourceVersionOf = ({ version, versionOffset }: Copy["outputs"]): number => version - versionOffset;
