import { partitionOf } from "../../model/aws-partitions";
import { chooseWrapping, type Wrapping, type WrappingRefusal } from "../../model/wrapping";
import type { AwsKmsKeyInputs } from "../inputs/aws-kms-key-inputs";
import { groupOf, specOf } from "./key-material";

/** How the material would travel to the group's Region; undefined where it is not known what the token can do, or where AWS makes it. */
export function wrappingOfSource(
  inputs: Pick<AwsKmsKeyInputs, "group" | "material" | "wrappingKeySpec">,
): Wrapping | WrappingRefusal | undefined {
  const group = groupOf(inputs.material);
  if (group?.abilities === undefined) return undefined;
  const { abilities, identity, minOaepHash } = group;
  return chooseWrapping({
    spec: specOf(inputs.material),
    abilities,
    minOaepHash,
    wrappingKeySpec: inputs.wrappingKeySpec,
    partition: partitionOf(inputs.group.region)?.id ?? "aws",
    tokenModel: identity === undefined ? undefined : `${identity.model} ${identity.firmware}`,
  });
}
