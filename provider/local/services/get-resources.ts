import { AwsError } from "../aws-error";
import type { Answer, Call } from "../kms/call";
import { authorizeIdentity, keyArn } from "../policy/authorize";
import type { KeyRecord } from "../store/records";

function invalidParameter(message: string): AwsError {
  return new AwsError("InvalidParameterException", message);
}

/** Resource Groups Tagging API: the tagged KMS keys of the account and Region. Untagged keys are not in its index. */
export function answerTagging(call: Call): Answer {
  if (call.operation !== "GetResources") throw new AwsError("UnknownOperationException", "", 400);
  authorizeIdentity(call, "tag:GetResources", "*");
  const { input } = call;
  const types = input.texts("ResourceTypeFilters");
  const arns = input.texts("ResourceARNList");
  const limit = input.whole("ResourcesPerPage", { min: 1, max: 100 }) ?? 50;
  const token = input.text("PaginationToken", { max: 2048 }) ?? "";
  const filters = readFilters(call);
  if (arns !== undefined && (types !== undefined || filters.length > 0)) {
    throw invalidParameter("ResourceARNList cannot be combined with other filters.");
  }
  const found = call.view
    .keys(call.caller.accountId, call.region)
    .filter((key) => key.tags.length > 0)
    .filter(
      () => types === undefined || types.length === 0 || types.some((type) => type === "kms" || type === "kms:key"),
    )
    .filter((key) => arns === undefined || arns.includes(keyArn(key)))
    .filter((key) => filters.every((filter) => matches(key, filter)));
  const seen = Buffer.from(token, "base64").toString("utf8");
  const rest = found.filter((key) => key.keyId > seen);
  const shown = rest.slice(0, limit);
  const last = shown.at(-1);
  return {
    ResourceTagMappingList: shown.map((key) => ({
      ResourceARN: keyArn(key),
      Tags: key.tags.map((tag) => ({ Key: tag.TagKey, Value: tag.TagValue })),
    })),
    PaginationToken: last !== undefined && rest.length > shown.length ? Buffer.from(last.keyId).toString("base64") : "",
  };
}

interface Filter {
  readonly key: string;
  readonly values: readonly string[];
}

function readFilters(call: Call): Filter[] {
  return (call.input.records("TagFilters") ?? []).map(({ Key: key, Values: values }) => {
    if (typeof key !== "string" || key === "") throw invalidParameter("A tag filter needs a Key.");
    const list: readonly unknown[] = Array.isArray(values) ? values : [];
    return { key, values: list.map(String) };
  });
}

/** A filter without values asks for the tag's key alone. */
function matches(key: KeyRecord, filter: Filter): boolean {
  return key.tags.some(
    (tag) => tag.TagKey === filter.key && (filter.values.length === 0 || filter.values.includes(tag.TagValue)),
  );
}
