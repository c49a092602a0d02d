import { partitionOf } from "../../../model/aws-partitions";
import { defaultKeyPolicy, samePolicy } from "../../../model/key-policy";
import { ownerHash } from "../../../model/owner";
import { keptExpiry } from "../../../model/validity";
import type { PlainRecord } from "../../contract";
import type { AwsKmsKeyInputs } from "../../inputs/aws-kms-key-inputs";
import { replicaInputs, type ReplicaInputs } from "../../inputs/replica-inputs";
import { pickDefined } from "../../pick-defined";
import { defaultDescription } from "../key-inputs";
import { compromiseOf } from "../key-material";
import { recordedReplicas } from "./recorded-replicas";

const kept = replicaInputs.omit({ group: true }).partial();

/** Checked inputs of a multi-Region key's replicas and of its primary's Region; none for a single-Region key. */
export function deriveReplicas(
  inputs: AwsKmsKeyInputs,
  before: PlainRecord,
  { version, now }: { readonly version: number; readonly now: Date },
): PlainRecord {
  if (inputs.multiRegion !== true) return {};
  const primaryRegion = inputs.primaryRegion ?? inputs.group.region;
  if (inputs.replicas === undefined) return { primaryRegion };
  const known = recordedReplicas(before);
  const replicas = inputs.replicas.map((replica) => {
    const recorded = known.find(({ region }) => region === replica.group.region)?.record ?? {};
    return derived(inputs, replica, recorded, { now, sameVersion: before["version"] === version });
  });
  return { primaryRegion, replicas };
}

function derived(
  { self, organization, material, group }: AwsKmsKeyInputs,
  replica: ReplicaInputs,
  recorded: PlainRecord,
  { now, sameVersion }: { readonly now: Date; readonly sameVersion: boolean },
): PlainRecord {
  const { region, account } = replica.group;
  const { keepValidFor } = replica;
  // What the program does not name of an adopted replica stays as it was found.
  const isAdopted = recorded["adopted"] === true;
  const found: ReplicaInputs = isAdopted ? { ...keptOf(recorded, material), ...replica } : replica;
  const { validTo } = found;
  const policy = found.policy ?? defaultKeyPolicy(partitionOf(region)?.id ?? "aws", account);
  // Not the owner of a key of its own in that place: nobody who looks for one may find a replica.
  const place = `${account}/${region} replica of ${group.region}`;
  const isCompromised = compromiseOf(material) !== undefined;
  const kept = sameVersion && recorded["keepValidFor"] === keepValidFor ? recorded["validTo"] : undefined;
  const present = typeof kept === "string" ? kept : undefined;
  return {
    ...replica,
    region,
    owner:
      typeof recorded["owner"] === "string"
        ? recorded["owner"]
        : ownerHash({ organization: organization ?? "organization", urn: self ?? "", place }),
    ...(isAdopted ? { adopted: true } : {}),
    description: found.description ?? defaultDescription(material),
    policy:
      typeof recorded["policy"] === "string" && samePolicy(recorded["policy"], policy) ? recorded["policy"] : policy,
    tags: found.tags ?? {},
    aliases: found.aliases ?? [],
    enabled: !isCompromised && (found.enabled ?? true),
    validTo:
      isCompromised && keepValidFor !== undefined && present !== undefined
        ? present
        : validToOf({ keepValidFor, validTo }, present, now),
  };
}

const settings = ["description", "policy", "tags", "aliases", "enabled"] as const;

/** An expiry goes with imported material. */
const keptOf = (recorded: PlainRecord, material: AwsKmsKeyInputs["material"]): Partial<ReplicaInputs> =>
  kept.safeParse(pickDefined(recorded, "native" in material ? settings : [...settings, "validTo"])).data ?? {};

const validToOf = (
  { keepValidFor, validTo }: Pick<ReplicaInputs, "keepValidFor" | "validTo">,
  present: string | undefined,
  now: Date,
): string | undefined =>
  keepValidFor === undefined ? validTo : keptExpiry({ keepValidFor, renewBefore: undefined }, present, now);
