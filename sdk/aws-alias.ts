import * as pulumi from "@pulumi/pulumi";
import { AwsKmsGroup } from "./aws-kms-group";
import { AwsKmsKey } from "./aws-kms-key";
import { ByokResource } from "./byok-resource";
import { propertyOf, requireArgs, wrongResource } from "./misuse";

/** Arguments of {@link AwsAlias}. */
export interface AwsAliasArgs {
  /** Account and Region of the alias, which are its key's too. Another account or Region makes another alias. */
  group: AwsKmsGroup;
  /**
   * Name of the alias, beginning with `alias/` and not with `alias/aws/`; at most 256 characters. Another name makes another alias and deletes
   * this one. It must not stand in the `aliases` of an {@link AwsKmsKey} as well.
   */
  name: pulumi.Input<string>;
  /**
   * The key that the alias points to: an {@link AwsKmsKey}, a key id, or a key ARN. Another key moves the alias (UpdateAlias) in one piece. AWS
   * moves it only between keys of the same type (symmetric, asymmetric or HMAC) and usage; the preview refuses anything else.
   */
  key: AwsKmsKey | pulumi.Input<string>;
  /**
   * True: an alias that exists and points to another key is taken over and moved when this resource is created. It does nothing afterwards. Default
   * false. Errors: BYOK_AWS_ALREADY_EXISTS.
   */
  adopt?: pulumi.Input<boolean>;
}

const outputs = ["arn", "targetKeyId", "targetKeyArn", "keySpec", "keyUsage", "account", "region"] as const;
const defaulted = ["adopt"] as const;

/**
 * An alias that stands on its own, so that it can move from one key to another and outlive both.
 *
 * A move breaks callers that name the alias for something that the former key made: signatures and MACs do not verify, and asymmetric
 * ciphertext does not decrypt by that name. Ciphertext of a symmetric key names its key itself and stays readable. The preview says so.
 *
 * Deleting the resource deletes the alias, unless somebody else has moved it since.
 *
 * Permissions: kms:CreateAlias, kms:UpdateAlias and kms:DeleteAlias, each on the alias and on the keys; kms:DescribeKey on the keys, and
 * kms:ListAliases.
 *
 * @example
 * ```ts
 * const current = new byok.AwsAlias("current", { group: frankfurt, name: "alias/payments-current", key: payments });
 * ```
 */
export class AwsAlias extends ByokResource {
  /** ARN of the alias. */
  declare public readonly arn: pulumi.Output<string>;
  /** As in the arguments. */
  declare public readonly name: pulumi.Output<string>;
  /** Key id of the key that the alias points to, as last seen. */
  declare public readonly targetKeyId: pulumi.Output<string>;
  /** ARN of the key that the alias points to, as last seen. */
  declare public readonly targetKeyArn: pulumi.Output<string>;
  /** KeySpec of that key, as AWS names it. */
  declare public readonly keySpec: pulumi.Output<string>;
  /** KeyUsage of that key. */
  declare public readonly keyUsage: pulumi.Output<string>;
  /** The account, 12 digits. */
  declare public readonly account: pulumi.Output<string>;
  /** The Region. */
  declare public readonly region: pulumi.Output<string>;

  /**
   * @param name - name of the resource in the program.
   * @param args - place and name of the alias, and its key.
   * @param opts - Pulumi's options for any resource.
   */
  constructor(name: string, args: AwsAliasArgs, opts?: pulumi.CustomResourceOptions) {
    const { group, key } = requireArgs("AwsAlias", name, args);
    if (!(group instanceof AwsKmsGroup)) throw wrongResource("AwsAlias", name, "group", "AwsKmsGroup", group);
    const isReference = typeof key === "string" || pulumi.Output.isInstance(key) || key instanceof Promise;
    if (!(key instanceof AwsKmsKey) && !isReference)
      throw wrongResource("AwsAlias", name, "key", "AwsKmsKey", propertyOf(args, "key"));
    const target = key instanceof AwsKmsKey ? key.carried : key;
    super("AwsAlias", name, { args, unpacked: { group: group.carried, key: target }, defaulted, outputs }, opts);
  }
}
