import { partitionOf } from "../../model/aws-partitions";
import { chooseWrapping, type Wrapping, type WrappingRefusal } from "../../model/wrapping";
import type { AwsKmsKeyInputs } from "../inputs/aws-kms-key-inputs";

/** How the source's material would travel to the group's Region; undefined where it is not known what the token can do. */
export function wrappingOfSource(
  inputs: Pick<AwsKmsKeyInputs, "group" | "material" | "wrappingKeySpec">,
): Wrapping | WrappingRefusal | undefined {
  const { spec, group } = inputs.material.source;
  const { abilities, identity, minOaepHash } = group;
  if (abilities === undefined) return undefined;
  return chooseWrapping({
    spec,
    abilities,
    minOaepHash,
    wrappingKeySpec: inputs.wrappingKeySpec,
    partition: partitionOf(inputs.group.region)?.id ?? "aws",
    tokenModel: identity === undefined ? undefined : `${identity.model} ${identity.firmware}`,
  });
}
