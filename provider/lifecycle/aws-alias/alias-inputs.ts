import { partitionOf } from "../../model/aws-partitions";
import { ByokError } from "../../model/errors";
import type { PlainRecord } from "../contract";
import { awsAliasInputs, type AwsAliasInputs } from "../inputs/aws-alias-inputs";
import { pickDefined } from "../pick-defined";

const complete = awsAliasInputs.required({ account: true, region: true, targetKeyId: true });

/** Checked inputs of an alias, with everything that `check` derives. */
export type AliasInputs = ReturnType<typeof complete.parse>;

/** The inputs within a record of inputs or outputs. */
export const aliasInputsIn = (record: PlainRecord): PlainRecord =>
  pickDefined(record, Object.keys(awsAliasInputs.shape));

/** Checked inputs as create, update, read and delete need them. */
export function parseAliasInputs(record: PlainRecord): AliasInputs {
  const parsed = complete.safeParse(aliasInputsIn(record));
  if (parsed.success) return parsed.data;
  const lacking = parsed.error.issues[0]?.path.join(".") ?? "a property";
  throw new ByokError("BYOK_INTERNAL", `The recorded inputs of this alias lack ${lacking}.`, {
    hint: "Run pulumi refresh, then pulumi up.",
  });
}

/** Where an alias lives. */
export interface AliasPlace {
  readonly account: string;
  readonly region: string;
}

/** ARN of an alias. */
export const aliasArn = ({ account, region }: AliasPlace, name: string): string =>
  `arn:${partitionOf(region)?.id ?? "aws"}:kms:${region}:${account}:${name}`;

/** Key id of the key that the program names. */
export const targetIn = (key: AwsAliasInputs["key"]): string =>
  typeof key === "string" ? (key.split("/").at(-1) ?? key) : key.keyId;

/** Where the key that the program names lives, as far as the program says so. */
export function placeOfKey(key: AwsAliasInputs["key"]): AliasPlace | undefined {
  const arn = typeof key === "string" ? key : key.arn;
  const [, , , region, account] = arn.split(":");
  return region === undefined || account === undefined ? undefined : { account, region };
}
