import type { AwsApi, AwsCalls, InputOf, OutputOf } from "../../provider/aws/aws-calls";
import { AwsCaller } from "../../provider/aws/aws-caller";
import { surroundingsOf, type CloudDeps } from "../../provider/network/cloud-deps";
import type { AwsSession } from "../../provider/aws/aws-session";
import { AwsShared } from "../../provider/aws/aws-shared";
import type { AwsConnection } from "../../provider/model/aws-connection";
import { FakeTime } from "./fake-time";

export const ACCOUNT = "111122223333";
export const CALLER = `arn:aws:iam::${ACCOUNT}:user/test`;

/** An answer to one call; an Error is thrown. */
type Answer<Api extends AwsApi> = (input: InputOf<Api>) => OutputOf<Api> | Error;

type Answers = { readonly [Api in AwsApi]?: Answer<Api> | readonly (OutputOf<Api> | Error)[] };

/** The SDK's calls with answers made up by a test: a function, or a list of which the last one stays. */
export class FakeAws {
  readonly time = new FakeTime();
  readonly log: { readonly api: AwsApi; readonly input: unknown; readonly at: number }[] = [];
  readonly notices: string[] = [];
  readonly shared = new AwsShared(this.time);
  generation = 0;
  renewable = false;
  renewals = 0;
  hasTagging = true;
  hasIam = true;

  constructor(private readonly answers: Answers) {}

  count(api: AwsApi): number {
    return this.log.filter((entry) => entry.api === api).length;
  }

  caller(connection: Partial<AwsConnection> = {}, deps: Partial<CloudDeps> = {}): AwsCaller {
    const whole: AwsConnection = { region: "eu-central-1", account: ACCOUNT, ...connection };
    const surroundings = surroundingsOf({
      configValues: {},
      sleep: this.time.sleep,
      random: () => Buffer.from("80000000", "hex"),
      onNotice: (text) => this.notices.push(text),
      ...deps,
    });
    return new AwsCaller(whole, surroundings, this.shared, () =>
      Promise.resolve({ key: "session", open: () => this.session() }),
    );
  }

  private session(): AwsSession {
    return {
      calls: this.calls(),
      credentialGeneration: () => this.generation,
      renewCredentials: () => {
        this.renewals += 1;
        if (this.renewable) this.generation += 1;
        return Promise.resolve(this.renewable);
      },
      describe: (api) => ({ api, region: "eu-central-1", host: "kms.eu-central-1.amazonaws.com", published: true }),
      hasTagging: this.hasTagging,
      hasIam: this.hasIam,
      kmsHost: "kms.eu-central-1.amazonaws.com",
    };
  }

  private calls(): AwsCalls {
    const call =
      <Api extends AwsApi>(api: Api, otherwise?: OutputOf<Api>) =>
      (input: InputOf<Api>): Promise<OutputOf<Api>> => {
        const made = this.count(api);
        this.log.push({ api, input, at: this.time.now() });
        const answer: Answers[Api] = this.answers[api];
        const value =
          typeof answer === "function" ? answer(input) : (answer?.[Math.min(made, answer.length - 1)] ?? otherwise);
        if (value === undefined) return Promise.reject(new Error(`${api} was not expected`));
        return value instanceof Error ? Promise.reject(value) : Promise.resolve(value);
      };
    return {
      CancelKeyDeletion: call("CancelKeyDeletion", {}),
      CreateAlias: call("CreateAlias", {}),
      CreateKey: call("CreateKey"),
      DeleteAlias: call("DeleteAlias", {}),
      DeleteImportedKeyMaterial: call("DeleteImportedKeyMaterial", {}),
      DescribeKey: call("DescribeKey"),
      DisableKey: call("DisableKey", {}),
      EnableKey: call("EnableKey", {}),
      GenerateMac: call("GenerateMac"),
      GetKeyLastUsage: call("GetKeyLastUsage"),
      GetKeyPolicy: call("GetKeyPolicy"),
      GetKeyRotationStatus: call("GetKeyRotationStatus"),
      GetParametersForImport: call("GetParametersForImport"),
      GetPublicKey: call("GetPublicKey"),
      ImportKeyMaterial: call("ImportKeyMaterial"),
      ListAliases: call("ListAliases"),
      ListGrants: call("ListGrants"),
      ListKeys: call("ListKeys"),
      ListKeyRotations: call("ListKeyRotations"),
      ListResourceTags: call("ListResourceTags"),
      PutKeyPolicy: call("PutKeyPolicy", {}),
      ReplicateKey: call("ReplicateKey"),
      RotateKeyOnDemand: call("RotateKeyOnDemand", {}),
      ScheduleKeyDeletion: call("ScheduleKeyDeletion"),
      TagResource: call("TagResource", {}),
      UntagResource: call("UntagResource", {}),
      UpdateAlias: call("UpdateAlias", {}),
      UpdateKeyDescription: call("UpdateKeyDescription", {}),
      UpdatePrimaryRegion: call("UpdatePrimaryRegion", {}),
      GetCallerIdentity: call("GetCallerIdentity", { Account: ACCOUNT, Arn: CALLER, UserId: "AIDA" }),
      GetResources: call("GetResources", { ResourceTagMappingList: [] }),
      SimulatePrincipalPolicy: call("SimulatePrincipalPolicy"),
    };
  }
}

/** An error as the SDK throws it for an answer of AWS. */
export function awsError(name: string, message = "", status = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status, requestId: "req-1" } });
}

/** An error as Node throws it when there is no answer. */
export function networkError(code: string): Error {
  return Object.assign(new Error("network"), { code, $metadata: { attempts: 1 } });
}

/** KeyMetadata of a key. */
export const metadata = (
  id: string,
  more: Partial<NonNullable<OutputOf<"DescribeKey">["KeyMetadata"]>> = {},
): NonNullable<OutputOf<"DescribeKey">["KeyMetadata"]> => ({
  KeyId: id,
  Arn: arnOf(id),
  KeyState: "PendingImport",
  Origin: "EXTERNAL",
  KeyManager: "CUSTOMER",
  KeySpec: "SYMMETRIC_DEFAULT",
  KeyUsage: "ENCRYPT_DECRYPT",
  CreationDate: new Date(0),
  ...more,
});

export const arnOf = (id: string): string => `arn:aws:kms:eu-central-1:${ACCOUNT}:key/${id}`;

/** Tags as KMS lists them. */
export const tagList = (tags: Readonly<Record<string, string>>): OutputOf<"ListResourceTags"> => ({
  Tags: Object.entries(tags).map(([TagKey, TagValue]) => ({ TagKey, TagValue })),
});
