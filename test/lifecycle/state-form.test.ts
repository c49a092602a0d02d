import fc from "fast-check";
import { keyStateForm } from "../../provider/lifecycle/aws-kms-key/compact-key";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { awsKmsKey } from "../../provider/lifecycle/aws-kms-key";
import { keyProgram, World } from "./lifecycle-world";

const { compact, complete, isOutdated } = keyStateForm;

async function copied(
  more: PlainRecord = {},
): Promise<{ readonly inputs: PlainRecord; readonly outputs: PlainRecord }> {
  const payments = new World().resource(awsKmsKey, "payments");
  await payments.up(keyProgram(more));
  return payments;
}

describe("a copied key in the state", () => {
  it("leaves out of its inputs what follows from its group and material, and keeps what its program names", async () => {
    const { inputs } = await copied({ description: "Ours" });
    expect(Object.keys(compact(inputs)).sort()).toEqual([
      ...["aliases", "description", "enabled", "group", "material", "organization", "owner", "policy", "self", "tags"],
      ...["usage", "version"],
    ]);
  });

  it("tells in one text what was found, and what its program may read without naming it", async () => {
    const { outputs } = await copied();
    const { facts, ...kept } = compact(outputs);
    expect(facts).toMatchObject({
      keyState: "Enabled",
      region: "eu-central-1",
      spec: "AES_256",
      enabled: true,
      description: "Copied from payments-master by pulumi-byok",
      proof: expect.any(Object),
      versions: expect.any(Array),
    });
    expect(Object.keys(kept).sort()).toEqual([
      ...["aliases", "arn", "group", "material", "organization", "owner", "self", "usage", "version"],
    ]);
    expect(complete(compact(outputs))).toEqual(outputs);
  });

  it("loses nothing of it, whatever its settings are", async () => {
    const { inputs, outputs } = await copied();
    const settings = {
      description: fc.constantFrom(String(inputs["description"]), "", "Ours"),
      policy: fc.constantFrom(String(inputs["policy"]), '{"Statement":[]}'),
      tags: fc.constantFrom({}, { team: "ledger" }),
      deletionWindowInDays: fc.constantFrom(7, 30),
      wrappingKeySpec: fc.constantFrom("RSA_4096", "RSA_3072"),
      account: fc.constantFrom(String(inputs["account"]), "999999999999"),
      region: fc.constantFrom(String(inputs["region"]), "us-east-1"),
      spec: fc.constantFrom("AES_256", "RSA_2048"),
      enabled: fc.boolean(),
      aliases: fc.constantFrom([], ["alias/payments"]),
    };
    // Check tells these three in every case.
    const some = fc.record(settings, { requiredKeys: ["account", "region", "spec"] });
    const unnamed = ["description", "policy", "tags", "deletionWindowInDays", "wrappingKeySpec"];
    const rest = Object.fromEntries(Object.entries(inputs).filter(([name]) => !unnamed.includes(name)));
    fc.assert(
      fc.property(some, fc.constantFrom({}, outputs), (given, found) => {
        for (const record of [
          { ...found, ...rest, ...given },
          { ...inputs, ...found, ...given },
        ])
          expect(complete(compact(record))).toEqual(record);
      }),
    );
  });

  it("keeps an adopted key's silence: what it does not name is not taken for the usual", async () => {
    const { inputs } = await copied();
    const { description: _description, tags: _tags, ...silent } = inputs;
    expect(complete(compact(silent))).toEqual(silent);
  });

  it("is outdated where an earlier form of the state has it, until an update writes it again", async () => {
    const { outputs } = await copied();
    expect(isOutdated(outputs)).toBe(true);
    expect(isOutdated(compact(outputs))).toBe(false);
    expect(complete(outputs)).toEqual(outputs);
  });
});
