/** The key policy of a key that was made without one: the account decides through IAM. */
export function defaultKeyPolicy(account: string): string {
  return normalisePolicy(
    JSON.stringify({
      Version: "2012-10-17",
      Id: "key-default-1",
      Statement: [
        {
          Sid: "Enable IAM User Permissions",
          Effect: "Allow",
          Principal: { AWS: `arn:aws:iam::${account}:root` },
          Action: "kms:*",
          Resource: "*",
        },
      ],
    }),
  );
}

/**
 * A policy as GetKeyPolicy returns it: parsed, a list of one member written as that member, an account id written as
 * the account's root, printed with spaces around colons. Comparing it as text with what was put is a mistake, and this
 * makes it show.
 */
export function normalisePolicy(text: string): string {
  const parsed: unknown = JSON.parse(text);
  return print(unwrapSingles(parsed, ""), "");
}

function unwrapSingles(value: unknown, name: string): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => unwrapSingles(item, name));
    return name !== "Statement" && items.length === 1 ? items[0] : items;
  }
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, unwrapSingles(item, key)]));
  }
  if (name === "AWS" && typeof value === "string" && /^\d{12}$/.test(value)) return `arn:aws:iam::${value}:root`;
  return value;
}

function print(value: unknown, indent: string): string {
  const inner = `${indent}  `;
  if (Array.isArray(value)) return `[ ${value.map((item: unknown) => print(item, indent)).join(", ")} ]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).map(
      ([key, item]) => `${inner}${JSON.stringify(key)} : ${print(item, inner)}`,
    );
    return members.length === 0 ? "{ }" : `{\n${members.join(",\n")}\n${indent}}`;
  }
  return JSON.stringify(value);
}
