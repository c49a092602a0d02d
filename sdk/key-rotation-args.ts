import type * as pulumi from "@pulumi/pulumi";

/** Moments at which a key of AWS's own material is rotated. */
export interface KeyRotationArgs {
  /** Days, such as `90d`, to 3650; or calendar months, such as `12mo`, to 120. */
  every: pulumi.Input<string>;
  /** ISO 8601: the first rotation. Default: one period after the schedule was written down. */
  startAt?: pulumi.Input<string>;
}
