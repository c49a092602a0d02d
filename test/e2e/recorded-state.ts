import { z } from "zod";
import type { StateResource } from "./stack-project";

/** What differs from machine to machine and from run to run, by the name of its placeholder. */
export type Bindings = Readonly<Record<string, string>>;

const versions = z.array(
  z.object({
    tokenKeyId: z.string(),
    fingerprint: z.object({ value: z.string() }),
    checkValue: z.string(),
  }),
);
const source = z.object({ versions, publicKey: z.string().optional() });
const copy = z.object({
  keyId: z.string(),
  createdAt: z.string(),
  proof: z.object({ keyMaterialId: z.string().optional() }),
});
const vaultGroup = z.object({
  wrappingKey: z.object({ id: z.string(), publicKeySha256: z.string() }).optional(),
});
const azureKey = z.object({
  owner: z.string(),
  publicKey: z.string().optional(),
  versions: z.array(z.object({ version: z.number(), keyVersion: z.string(), createdOn: z.string() })),
});
const group = z.object({ identity: z.object({ serial: z.string() }) });

/**
 * Reads the bindings of a state that holds the resources of the recorded one.
 *
 * @param places - where token and clouds are
 */
export function bindingsOf(places: Bindings, resources: readonly StateResource[]): Bindings {
  const bindings: Record<string, string> = { ...places };
  for (const { urn, type, id, outputs } of resources) {
    const name = urn.split("::").slice(3).join("::");
    const kind = type.replace(/^.*byok:/, "");
    const bind = (what: string, value: string | undefined): void => {
      if (value !== undefined) bindings[`${name}.${what}`] = value;
    };
    if (kind === "SourceGroup") bind("serial", group.parse(outputs).identity.serial);
    if (kind === "SourceKey") {
      const { versions: made, publicKey } = source.parse(outputs);
      bind("publicKey", publicKey);
      for (const [index, { tokenKeyId, fingerprint, checkValue }] of made.entries()) {
        bind(`v${index + 1}.tokenKeyId`, tokenKeyId);
        bind(`v${index + 1}.fingerprint`, fingerprint.value);
        bind(`v${index + 1}.checkValue`, checkValue);
      }
    }
    if (kind === "AwsKmsKey") {
      const { keyId, createdAt, proof } = copy.parse(outputs);
      bind("lineage", id);
      bind("keyId", keyId);
      bind("createdAt", createdAt);
      bind("keyMaterialId", proof.keyMaterialId);
    }
    if (kind === "AzureKeyVaultGroup") {
      const { wrappingKey } = vaultGroup.parse(outputs);
      bind("id", id);
      bind("wrappingKey", wrappingKey?.id.split("/keys/")[1]);
      bind("wrappingKeySha256", wrappingKey?.publicKeySha256);
    }
    if (kind === "AzureKey") {
      const { owner, publicKey: azurePublicKey, versions: held } = azureKey.parse(outputs);
      bind("lineage", id);
      bind("owner", owner);
      bind("publicKey", azurePublicKey);
      for (const { version, keyVersion, createdOn } of held) {
        bind(`v${version}.keyVersion`, keyVersion);
        bind(`v${version}.createdOn`, createdOn);
      }
    }
  }
  return bindings;
}

const inJson = (value: string): string => JSON.stringify(value).slice(1, -1);

/** A value that is short or a plain date stands for itself only where it is a whole string. */
const wholeOnly = (value: string): boolean => value.length < 12 || /^\d{4}-\d\d-\d\dT/.test(value);

/** The state's JSON with a placeholder in place of every bound value. */
export function withPlaceholders(json: string, bindings: Bindings): string {
  return Object.entries(bindings)
    .sort(([, a], [, b]) => b.length - a.length)
    .reduce(
      (text, [name, value]) =>
        wholeOnly(value)
          ? // Receipts are JSON texts within the JSON.
            text
              .replaceAll(`"${inJson(value)}"`, `"{{${name}}}"`)
              .replaceAll(`\\"${inJson(value)}\\"`, `\\"{{${name}}}\\"`)
          : text.replaceAll(inJson(value), `{{${name}}}`),
      json,
    );
}

/** The opposite of {@link withPlaceholders}, with the values of another run. */
export function withValues(json: string, bindings: Bindings): string {
  return json.replaceAll(/\{\{([^}]+)\}\}/g, (_match, name: string) => {
    const value = bindings[name];
    if (value === undefined) throw new Error(`nothing is bound to ${name}`);
    return inJson(value);
  });
}

const exported = z.looseObject({
  deployment: z.looseObject({ resources: z.array(z.looseObject({ urn: z.string() })) }),
});

/** What the engine notes of a resource and never asks for again. */
const bookkeeping = ["created", "modified", "sourcePosition", "stackTrace"];

/** What a fixture keeps of an exported stack: nothing about who exported it, and nothing about where the program ran. */
export function essence(json: string): string {
  const { deployment, ...rest } = exported.parse(JSON.parse(json));
  const resources = deployment.resources.map((resource) =>
    Object.fromEntries(Object.entries(resource).filter(([name]) => !bookkeeping.includes(name))),
  );
  const { secrets_providers: _secrets, ...others } = deployment;
  return `${JSON.stringify({ ...rest, deployment: { ...others, resources } }, undefined, 2)}\n`;
}
