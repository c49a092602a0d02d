export type { AwsDeps } from "./aws-deps";
export { caDigests } from "./ca-digests";
export { ignoredEndpointOverrides } from "./endpoint-overrides";
export { ignoredOverrides } from "./ignored-overrides";
export { openKms } from "./open-kms";
export { openKmsImport } from "./open-kms-import";
