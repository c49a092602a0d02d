import type { PolicyDocument } from "./document";

/** Who signed a request. */
export interface Caller {
  readonly accountId: string;
  readonly arn: string;
  readonly userId: string;
  readonly accessKeyId: string;
  /** The IAM policy of the caller; without one IAM allows everything that the account may. */
  readonly iamPolicy: PolicyDocument | undefined;
}
