import { folded, unfolded } from "../../provider/host/carried-records";
import { UNKNOWN } from "../../provider/model/unknown";

const key = {
  aliases: ["alias/payments"],
  group: { name: "frankfurt", region: "eu-central-1" },
  material: { source: { name: "master", group: { name: "hsm" }, version: 1 } },
};

describe("what a resource carries of another one", () => {
  it("is one text for the engine, and a record again for the lifecycle", () => {
    const sent = folded("AwsKmsKey", key);
    expect(sent).toEqual({
      aliases: ["alias/payments"],
      group: '{"name":"frankfurt","region":"eu-central-1"}',
      material: { source: '{"group":{"name":"hsm"},"name":"master","version":1}' },
    });
    expect(unfolded("AwsKmsKey", sent)).toEqual(key);
  });

  it("is the same text whatever order its properties came in, so that no order is a change", () => {
    const turned = { ...key, group: { region: "eu-central-1", name: "frankfurt" } };
    expect(folded("AwsKmsKey", turned)).toEqual(folded("AwsKmsKey", key));
  });

  it("is unknown as a whole while a part of it is", () => {
    const sent = folded("AwsKmsKey", { ...key, group: { name: "frankfurt", region: UNKNOWN } });
    expect(sent["group"]).toBe(UNKNOWN);
    expect(unfolded("AwsKmsKey", sent)["group"]).toBe(UNKNOWN);
  });

  it("holds for the receipts of a copy too, lists among them", () => {
    const copy = { proof: { checkValue: "0a0b0c" }, versions: [{ version: 1 }, { version: 2 }] };
    const sent = folded("AwsKmsKey", copy);
    expect(sent).toEqual({ proof: '{"checkValue":"0a0b0c"}', versions: '[{"version":1},{"version":2}]' });
    expect(unfolded("AwsKmsKey", sent)).toEqual(copy);
  });

  it("cannot be changed by one resource for all that carry the same", () => {
    const { group } = unfolded("AwsKmsKey", { group: '{"name":"frankfurt","tls":{"caFile":"ca.pem"}}' });
    expect(Object.isFrozen(group) && Object.isFrozen(Reflect.get(group ?? {}, "tls"))).toBe(true);
  });

  it("stays as it is where it is no such text, for check to complain about", () => {
    const wrong = { group: "{", material: "master" };
    expect(unfolded("AwsKmsKey", wrong)).toEqual(wrong);
    expect(folded("AwsKmsKey", { group: 7 })).toEqual({ group: 7 });
  });

  it("is one text in every entry of a list", () => {
    const replicated = { ...key, replicas: [{ group: { name: "ireland" }, aliases: [] }, { group: UNKNOWN }] };
    const sent = folded("AwsKmsKey", replicated);
    expect(sent["replicas"]).toEqual([{ group: '{"name":"ireland"}', aliases: [] }, { group: UNKNOWN }]);
    expect(unfolded("AwsKmsKey", sent)).toEqual(replicated);
    expect(unfolded("AwsKmsKey", { replicas: "none" })).toEqual({ replicas: "none" });
  });

  it("is left alone where the kind carries nothing there", () => {
    const group = { token: '{"label":"hsm"}', group: "{}" };
    expect(unfolded("SourceGroup", group)).toEqual(group);
  });
});
