import { createPrivateKey } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";

/** Something that must be found nowhere. */
export interface Secret {
  readonly name: string;
  readonly bytes: Buffer;
}

/** A place to search: a file, an output, the environment of a process. */
export interface Place {
  readonly name: string;
  readonly content: Buffer;
}

/** Long enough to be no coincidence, short enough to find a secret that was cut. */
const WINDOW = 18;

/**
 * Where secrets are found, as `secret (form) in place`: raw, in hex of either case and with blanks, as a list of numbers, and in
 * base64 and base64url, also in the middle of something larger (whose base64 begins one or two bytes earlier).
 */
export function findSecrets(secrets: readonly Secret[], places: readonly Place[]): readonly string[] {
  const wanted = secrets.flatMap(({ name, bytes }) =>
    formsOf(bytes).map(([form, text]) => ({ name: `${name} (${form})`, text })),
  );
  return places.flatMap(({ name, content }) =>
    wanted.filter(({ text }) => content.includes(text)).map((found) => `${found.name} in ${name}`),
  );
}

function formsOf(bytes: Buffer): readonly (readonly [string, Buffer])[] {
  const start = bytes.subarray(0, WINDOW);
  const hex = start.toString("hex");
  const pairs = hex.match(/../g) ?? [];
  const base64 = [0, 1, 2].flatMap((shift) => {
    const whole = bytes.subarray(shift, shift + Math.floor((Math.min(bytes.length, WINDOW + 2) - shift) / 3) * 3);
    return [whole.toString("base64"), whole.toString("base64url")];
  });
  const texts = [hex, hex.toUpperCase(), pairs.join(" "), pairs.join(":"), [...start].join(","), [...start].join(", ")];
  return [
    ["raw", start],
    ...texts.map((text) => ["digits", Buffer.from(text)] as const),
    ...base64.map((text) => ["base64", Buffer.from(text)] as const),
  ];
}

/** The secret numbers in key material: of a private key those that its public key does not hold, else all of it. */
export function materialSecrets(name: string, material: Buffer, kind: "raw" | "pkcs8"): readonly Secret[] {
  if (kind === "raw") return [{ name, bytes: material }];
  const jwk = createPrivateKey({ key: material, format: "der", type: "pkcs8" }).export({ format: "jwk" });
  return (["d", "p", "q"] as const).flatMap((part) => {
    const value = jwk[part];
    return value === undefined ? [] : [{ name: `${name} ${part}`, bytes: Buffer.from(value, "base64url") }];
  });
}

/** Every file below a folder, but installed packages. */
export async function filesBelow(folder: string): Promise<readonly Place[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .filter((name) => !name.includes("node_modules"));
  return Promise.all(names.map(async (name) => ({ name, content: await readFile(name).catch(() => Buffer.alloc(0)) })));
}
