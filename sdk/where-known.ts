import type * as pulumi from "@pulumi/pulumi";
import { isUnknown } from "@pulumi/pulumi";

/** An output whose `apply` may run where the value is unknown: so Pulumi itself reads the properties of a partly unknown object. */
interface Applied {
  apply(func: (value: string) => string | undefined, runWithUnknowns: boolean): pulumi.Output<string | undefined>;
}

/**
 * A text that is absent while a preview does not know it, instead of making unknown whatever it stands in. With a version of Pulumi that does not know the second
 * argument, it would stay unknown.
 */
export function whereKnown(output: pulumi.Output<string>): pulumi.Output<string | undefined> {
  const applied: Applied = output;
  return applied.apply((value) => (isUnknown(value) ? undefined : value), true);
}
