import * as pulumi from "@pulumi/pulumi";
import * as byok from "../../sdk";

/** A resource as the program registered it with the engine. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Record<string, unknown>;
}

const learned: Readonly<Record<string, Record<string, unknown>>> = {
  SourceGroup: {
    allowedTargets: [],
    lab: false,
    minOaepHash: "sha256",
    abilities: { specs: ["AES_256"] },
    identity: { serial: "7" },
  },
  SourceKey: { owner: "0".repeat(32), version: 1, label: "master" },
  AwsKmsGroup: { account: "123456789012", permissionsUnjudged: false },
  AwsKmsKey: { arn: "arn:aws:kms:eu-central-1:123456789012:key/1" },
};

/** What the provider finds of a copied key. */
const facts = { keyId: "1", description: "Found", proof: { fingerprint: "sha256:00" }, tags: { found: "here" } };

/**
 * Stands in for the engine; answers with the inputs and what `check` would have derived, and returns what was registered.
 *
 * @param preview - true: what nobody derived is unknown, as in `pulumi preview`.
 */
export async function mockEngine(preview = false): Promise<readonly Registered[]> {
  const registered: Registered[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => {
        const inputs = args.inputs as Record<string, unknown>;
        registered.push({ type: args.type, name: args.name, inputs });
        const kind = args.type.split(":").at(-1) ?? "";
        const found = preview || kind !== "AwsKmsKey" ? {} : { facts: JSON.stringify(facts) };
        return { id: preview ? undefined : `${args.name}-id`, state: { ...learned[kind], ...found, ...inputs } };
      },
      call: () => ({}),
    },
    "shop",
    "dev",
    preview,
    "acme",
  );
  return registered;
}

/** Everything that the program started, registered. */
export async function settle(...resources: readonly pulumi.Resource[]): Promise<void> {
  await Promise.all(resources.map((resource) => new Promise<void>((resolve) => resource.urn.apply(() => resolve()))));
}

/** The value of an output, or "unknown" in a preview that does not know it. */
export async function valueOf(output: pulumi.Output<unknown>): Promise<unknown> {
  const inner = output as unknown as { promise(): Promise<unknown>; isKnown: Promise<boolean> };
  return (await inner.isKnown) ? inner.promise() : "unknown";
}

export const token = { module: "softhsm2", label: "payments", pin: "file:/run/secrets/hsm-pin" } as const;

/** The program of the README. */
export function program(): {
  hsm: byok.SourceGroup;
  master: byok.SourceKey;
  frankfurt: byok.AwsKmsGroup;
  key: byok.AwsKmsKey;
} {
  const hsm = new byok.SourceGroup("hsm", { token });
  const master = new byok.SourceKey("master", { group: hsm, spec: "AES_256" });
  const frankfurt = new byok.AwsKmsGroup("frankfurt", { region: "eu-central-1" });
  const key = new byok.AwsKmsKey("payments", {
    group: frankfurt,
    material: { source: master },
    aliases: ["alias/payments"],
  });
  return { hsm, master, frankfurt, key };
}
