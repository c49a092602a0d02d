import { AwsShared } from "./aws-shared";

/** What the ports of this process share. */
export const processShared = new AwsShared();
