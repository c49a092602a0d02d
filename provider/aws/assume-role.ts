import type { STSClient, STSClientConfig } from "@aws-sdk/client-sts";
import type { AwsIdentity } from "./credential-source";
import { loadSts } from "./load-sdk";

interface AssumedCredentials {
  readonly AccessKeyId?: string | undefined;
  readonly SecretAccessKey?: string | undefined;
  readonly SessionToken?: string | undefined;
  readonly Expiration?: Date | undefined;
}

/** The two ways in which a profile takes a role, both over the connection's own STS endpoint. */
export interface RoleAssumers {
  readonly roleAssumer: (
    source: AwsIdentity,
    params: { RoleArn: string | undefined; RoleSessionName: string | undefined },
  ) => Promise<AwsIdentity>;
  readonly roleAssumerWithWebIdentity: (params: {
    RoleArn: string | undefined;
    RoleSessionName: string | undefined;
    WebIdentityToken: string | undefined;
  }) => Promise<AwsIdentity>;
}

/**
 * Takes roles for profiles. The SDK's own assumers would build their client from the environment, so that AWS_ENDPOINT_URL_STS
 * could redirect them.
 */
export function roleAssumers(settings: Omit<STSClientConfig, "credentials">): RoleAssumers {
  const client = (credentials: AwsIdentity): STSClient => new (loadSts().STSClient)({ ...settings, credentials });
  return {
    roleAssumer: async (source, params) => {
      const { AssumeRoleCommand } = loadSts();
      return identityOf((await client(source).send(new AssumeRoleCommand(params))).Credentials);
    },
    roleAssumerWithWebIdentity: async (params) => {
      const { AssumeRoleWithWebIdentityCommand } = loadSts();
      // This call is not signed: the token is the proof.
      const unsigned = client({ accessKeyId: "", secretAccessKey: "" });
      return identityOf((await unsigned.send(new AssumeRoleWithWebIdentityCommand(params))).Credentials);
    },
  };
}

function identityOf(credentials: AssumedCredentials | undefined): AwsIdentity {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = credentials ?? {};
  if (AccessKeyId === undefined || SecretAccessKey === undefined) throw new Error("STS answered without credentials");
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(SessionToken === undefined ? {} : { sessionToken: SessionToken }),
    ...(Expiration === undefined ? {} : { expiration: Expiration }),
  };
}
