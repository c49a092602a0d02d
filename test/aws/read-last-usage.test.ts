import { kmsPort } from "../../provider/aws/open-kms";
import { FakeAws, awsError, networkError } from "./fake-aws";

const ask = (aws: FakeAws): Promise<unknown> => aws.time.run(kmsPort(aws.caller()).lastUsage("1"));
const since = new Date("2026-04-01T00:00:00Z");

describe("the last use of a key", () => {
  it("is what GetKeyLastUsage tells", async () => {
    const at = new Date("2026-05-01T00:00:00Z");
    const used = new FakeAws({
      GetKeyLastUsage: [
        { TrackingStartDate: since, KeyCreationDate: since, KeyLastUsage: { Operation: "Sign", Timestamp: at } },
      ],
    });
    expect(await ask(used)).toEqual({ trackedSince: since, createdAt: since, operation: "Sign", at });
    const unused = new FakeAws({ GetKeyLastUsage: [{ TrackingStartDate: since, KeyLastUsage: {} }] });
    expect(await ask(unused)).toEqual({ trackedSince: since });
  });

  it.each([
    ["may not be asked", awsError("AccessDeniedException")],
    ["is a call that this KMS does not have", awsError("UnknownOperationException")],
    ["cannot be reached", networkError("ECONNREFUSED")],
  ])("is not known where it %s, and is not asked twice", async (_name, error) => {
    const aws = new FakeAws({ GetKeyLastUsage: [error] });
    expect(await ask(aws)).toBeUndefined();
    expect(aws.count("GetKeyLastUsage")).toBe(1);
  });
});
