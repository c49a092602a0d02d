export { startLocalAws } from "./start-local-aws";
export { type LocalAccount, type LocalAws, type LocalAwsOptions, LocalCloudError } from "./options";
export type { Duration, KeyAddress, LocalAdmin, PaddedImport } from "./admin";
export type { Fault } from "./http/faults";
export type { RequestLogEntry } from "./http/request-log";
export { RemoteAdmin } from "./remote-admin";
export { type ServeOptions, serveLocal } from "./serve";
