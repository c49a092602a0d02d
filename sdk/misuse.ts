import * as pulumi from "@pulumi/pulumi";

/** What a value is, in the words of an error message; never the value itself, which may be a secret in the wrong place. */
function describe(value: unknown): string {
  if (value === undefined) return "it is missing";
  if (value === null) return "it is null";
  if (Array.isArray(value)) return "it is a list";
  if (pulumi.Output.isInstance(value)) return "it is an Output; pass the resource itself";
  if (typeof value !== "object") return `it is a ${typeof value}`;
  const { name } = value.constructor;
  return name === "Object" ? "it is a plain object" : `it is a ${name}`;
}

/** An error that Pulumi shows as one sentence, without a stack trace. */
export function misuse(kind: string, name: string, sentence: string): pulumi.ResourceError {
  return new pulumi.ResourceError(`${name} (byok:${kind}): ${sentence}`, undefined, true);
}

/** Where a program in JavaScript passes something else than the resource that a property takes. */
export function wrongResource(
  kind: string,
  name: string,
  property: string,
  wanted: string | readonly string[],
  value: unknown,
): Error {
  const classes = [wanted].flat();
  const written = classes.map((each) => `new byok.${each}(…)`).join(" or ");
  return misuse(
    kind,
    name,
    `${property} must be a resource of class ${classes.join(" or ")}, and ${describe(value)}. Write ${property}: ${written}, from the same installation of pulumi-byok.`,
  );
}

/** A property of whatever a program in JavaScript passed. */
export const propertyOf = (value: unknown, property: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, property) : undefined;

/** The arguments of a resource, or an error where a program in JavaScript passed none. */
export function requireArgs<Args extends object>(kind: string, name: string, args: Args): Args {
  const passed: unknown = args;
  if (typeof passed === "object" && passed !== null && !Array.isArray(passed)) return args;
  throw misuse(kind, name, `the arguments must be an object, and ${describe(passed)}.`);
}
