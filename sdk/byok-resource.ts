import * as pulumi from "@pulumi/pulumi";
import { misuse, propertyOf } from "./misuse";
import { providerText, type Kind } from "./provider-text";
import { requireInstalled } from "./require-installed";

/** Names that Pulumi swallows, or that every resource of this package carries by itself. */
const reserved = ["id", "urn", "self", "organization", "schemaVersion", "__provider"];

/** What a resource class hands to {@link ByokResource}. */
export interface ByokResourceShape {
  /** What the program wrote. */
  readonly args: object;
  /** What goes to the provider instead, where the program passed resources: plain records. */
  readonly unpacked: pulumi.Inputs;
  /** Arguments that may be left out; what the provider makes of them is an output all the same. */
  readonly defaulted: readonly string[];
  /** Properties that the provider finds out, and that no program sets. */
  readonly outputs: readonly string[];
  /** Properties that the provider finds out and that no program needs to read. */
  readonly derived?: readonly string[];
  /** Outputs that come as one JSON text, and that a program reads as what it says. */
  readonly texts?: readonly string[];
  /** Properties that the text `facts` tells; what the program set itself it reads as it set it. */
  readonly told?: readonly string[];
}

/**
 * What all resources of this package share. The type token belongs to Pulumi's dynamic providers, but nothing of the program is
 * serialised: the state names the installed package, so that an upgrade changes no state and no secret is captured.
 */
export abstract class ByokResource extends pulumi.CustomResource {
  readonly #resourceName: string;

  protected constructor(kind: Kind, name: string, shape: ByokResourceShape, opts: pulumi.CustomResourceOptions = {}) {
    for (const property of [...reserved, ...shape.outputs, ...(shape.derived ?? [])]) {
      if (property in shape.args)
        throw misuse(kind, name, `${property} is no argument: it is found out, not set. Leave it out.`);
    }
    requireInstalled(kind, name);
    const type = `pulumi-nodejs:dynamic/byok:${kind}`;
    const props: pulumi.Inputs = {
      // Pulumi makes an output of each property that is listed, of no other.
      ...Object.fromEntries([...shape.outputs, ...shape.defaulted].map((property) => [property, undefined])),
      ...shape.args,
      ...shape.unpacked,
      // The provider learns neither URN nor organisation from the engine: they place log lines and tell whose a key is.
      self: urnOf(name, type, opts.parent),
      ...organization(),
      __provider: providerText(kind),
    };
    const stackTraces = withoutStackTraces();
    try {
      super(type, name, props, opts);
    } catch (error) {
      stackTraces.restore();
      if (error instanceof Error) Error.captureStackTrace(error);
      throw error;
    } finally {
      stackTraces.restore();
    }
    for (const property of shape.texts ?? []) this.#tellWhenRead(property, property);
    for (const property of shape.told ?? []) if (!(property in this)) this.#tellWhenRead(property, "facts");
    this.#resourceName = name;
  }

  /** Few programs read a text, and an output of its own for each one costs all of them time. */
  #tellWhenRead(property: string, text: string): void {
    const output: unknown = Reflect.get(this, text);
    let read: unknown;
    Object.defineProperty(this, property, {
      enumerable: true,
      configurable: true,
      get: () => (read ??= property === text ? told(output) : toldIn(output, property)),
    });
  }

  /** The name in the program. */
  protected get resourceName(): string {
    return this.#resourceName;
  }
}

/** What a JSON text says, once it is known. */
const told = (output: unknown): unknown =>
  pulumi.Output.isInstance<unknown>(output)
    ? output.apply((known): unknown => (typeof known === "string" ? JSON.parse(known) : known))
    : output;

/** One entry of what a JSON text says. */
const toldIn = (output: unknown, entry: string): unknown => {
  const known = told(output);
  return pulumi.Output.isInstance<unknown>(known) ? known.apply((facts) => propertyOf(facts, entry)) : undefined;
};

/** Without a parent it needs no output, of which Pulumi makes several for each URN. */
const urnOf = (name: string, type: string, parent: pulumi.Resource | undefined): pulumi.Input<string> =>
  parent === undefined
    ? `urn:pulumi:${pulumi.getStack()}::${pulumi.getProject()}::${type}::${name}`
    : pulumi.createUrn(name, type, parent);

/** Backends without organisations have none to tell; the CLI then says "organization" itself, which the provider takes where there is none. */
function organization(): { readonly organization?: string } {
  try {
    const organization = pulumi.getOrganization();
    return organization === "organization" ? {} : { organization };
  } catch {
    return {};
  }
}

/**
 * Pulumi keeps a stack trace for each of four promises a property, formatted through source maps, in case somebody looks for a leaked
 * promise: with hundreds of keys a third of a preview's time. Where the resource stands in the program is found out with a limit of its own.
 */
function withoutStackTraces(): { readonly restore: () => void } {
  const limit = Error.stackTraceLimit;
  // Without a number the engine takes no trace at all; with 0 it still has the empty one formatted.
  if (process.env["PULUMI_DEBUG_PROMISE_LEAKS"] === undefined) Reflect.set(Error, "stackTraceLimit", undefined);
  return { restore: () => (Error.stackTraceLimit = limit) };
}
