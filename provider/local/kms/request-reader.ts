import { AwsError, constraintError } from "../aws-error";

interface TextRules {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
  readonly oneOf?: readonly string[];
}

interface NumberRules {
  readonly min: number;
  readonly max: number;
}

/**
 * Reads the members of a JSON 1.1 request and refuses what the API model forbids, in the words of the service.
 * The service lists all violations of a request; this reader reports the first.
 */
export class RequestReader {
  constructor(private readonly body: Readonly<Record<string, unknown>>) {}

  has(name: string): boolean {
    return this.body[name] !== undefined && this.body[name] !== null;
  }

  text<const T extends string = string>(name: string, rules: TextRules & { oneOf: readonly T[] }): T | undefined;
  text(name: string, rules?: TextRules): string | undefined;
  text(name: string, rules: TextRules = {}): string | undefined {
    const value = this.body[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "string") throw serialization(typeof value, "String");
    checkText(lowerFirst(name), value, rules);
    return value;
  }

  requiredText<const T extends string = string>(name: string, rules: TextRules & { oneOf: readonly T[] }): T;
  requiredText(name: string, rules?: TextRules): string;
  requiredText(name: string, rules: TextRules = {}): string {
    return this.text(name, rules) ?? missing(name);
  }

  /** A key id, key ARN, alias name or alias ARN (1 to 2048 characters). */
  keyReference(name = "KeyId"): string {
    return this.requiredText(name, { min: 1, max: 2048 });
  }

  whole(name: string, { min, max }: NumberRules): number | undefined {
    const value = this.body[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "number" || !Number.isInteger(value)) throw serialization(typeof value, "Integer");
    const path = lowerFirst(name);
    if (value < min)
      throw constraintError(path, String(value), `Member must have value greater than or equal to ${String(min)}`);
    if (value > max)
      throw constraintError(path, String(value), `Member must have value less than or equal to ${String(max)}`);
    return value;
  }

  flag(name: string): boolean {
    const value = this.body[name];
    if (value === undefined || value === null) return false;
    if (typeof value !== "boolean") throw serialization(typeof value, "Boolean");
    return value;
  }

  /** A blob, base64 on the wire. Its value never appears in an error. */
  blob(name: string, { min, max }: NumberRules): Buffer | undefined {
    const value = this.body[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "string") throw serialization(typeof value, "Blob");
    const bytes = Buffer.from(value, "base64");
    const path = lowerFirst(name);
    if (bytes.length < min)
      throw constraintError(path, undefined, `Member must have length greater than or equal to ${String(min)}`);
    if (bytes.length > max)
      throw constraintError(path, undefined, `Member must have length less than or equal to ${String(max)}`);
    return bytes;
  }

  requiredBlob(name: string, rules: NumberRules): Buffer {
    return this.blob(name, rules) ?? missing(name);
  }

  /** A timestamp: seconds since 1970, with a fraction. Returned in milliseconds. */
  time(name: string): number | undefined {
    const value = this.body[name];
    if (value === undefined || value === null) return undefined;
    if (typeof value !== "number") throw serialization(typeof value, "Timestamp");
    return Math.round(value * 1000);
  }

  texts(name: string): string[] | undefined {
    const value = this.body[name];
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) throw serialization(typeof value, "List");
    return value.map((item: unknown) => {
      if (typeof item !== "string") throw serialization(typeof item, "String");
      return item;
    });
  }

  /** The members of a list of structures, each behind a reader of its own. */
  records(name: string): Readonly<Record<string, unknown>>[] | undefined {
    const value = this.body[name];
    if (value === undefined || value === null) return undefined;
    if (!Array.isArray(value)) throw serialization(typeof value, "List");
    return value.map((item: unknown) => asRecord(item));
  }

  structure(name: string): RequestReader | undefined {
    const value = this.body[name];
    return value === undefined || value === null ? undefined : new RequestReader(asRecord(value));
  }

  /** A map of strings, for instance an encryption context. */
  map(name: string): Readonly<Record<string, string>> | undefined {
    const value = this.body[name];
    if (value === undefined || value === null) return undefined;
    const entries = Object.entries(asRecord(value)).map(([key, item]) => {
      if (typeof item !== "string") throw serialization(typeof item, "String");
      return [key, item] as const;
    });
    return Object.fromEntries(entries);
  }
}

export function checkText(path: string, value: string, rules: TextRules): void {
  const { min, max, pattern, oneOf } = rules;
  if (oneOf !== undefined && !oneOf.includes(value)) {
    throw constraintError(path, value, `Member must satisfy enum value set: [${oneOf.join(", ")}]`);
  }
  if (min !== undefined && value.length < min) {
    throw constraintError(path, value, `Member must have length greater than or equal to ${String(min)}`);
  }
  if (max !== undefined && value.length > max) {
    throw constraintError(path, value, `Member must have length less than or equal to ${String(max)}`);
  }
  if (pattern !== undefined && !pattern.test(value)) {
    throw constraintError(path, value, `Member must satisfy regular expression pattern: ${pattern.source}`);
  }
}

function asRecord(value: unknown): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw serialization(typeof value, "Structure");
  return Object.fromEntries(Object.entries(value));
}

function lowerFirst(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

function missing(name: string): never {
  throw constraintError(lowerFirst(name), "null", "Member must not be null");
}

function serialization(found: string, wanted: string): AwsError {
  return new AwsError("SerializationException", `${found.toUpperCase()}_VALUE cannot be converted to ${wanted}`);
}
