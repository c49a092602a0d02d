import * as pulumi from "@pulumi/pulumi";
import { ByokResource } from "./byok-resource";

/** A resource of which others carry a record: how to reach it, and what it is. */
export abstract class CarriedResource extends ByokResource {
  #carried: pulumi.Output<string> | undefined;

  /**
   * What others carry: checked inputs only, which a preview knows.
   * @internal
   */
  abstract get record(): pulumi.Inputs;

  /**
   * The record as one JSON text, and one output for all that carry it: Pulumi spends its time per value.
   * @internal
   */
  get carried(): pulumi.Output<string> {
    this.#carried ??= pulumi.jsonStringify(this.record);
    return this.#carried;
  }
}
