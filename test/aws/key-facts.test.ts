import { keyFacts } from "../../provider/aws/key-facts";

const arn = (region: string): string => `arn:aws:kms:${region}:123456789012:key/mrk-1234`;
const metadata = (region: string): object => ({
  KeyId: "mrk-1234",
  Arn: arn(region),
  KeyState: "Enabled",
  Origin: "EXTERNAL",
  KeySpec: "SYMMETRIC_DEFAULT",
  KeyUsage: "ENCRYPT_DECRYPT",
  CreationDate: new Date("2026-06-01T00:00:00Z"),
  MultiRegion: true,
  MultiRegionConfiguration: {
    PrimaryKey: { Arn: arn("eu-central-1"), Region: "eu-central-1" },
    ReplicaKeys: [{ Arn: arn("eu-west-1"), Region: "eu-west-1" }],
  },
});

describe("what DescribeKey tells of a multi-Region key", () => {
  it("names the replicas of a primary, for which its deletion waits", () => {
    expect(keyFacts(metadata("eu-central-1"))).toMatchObject({ multiRegion: true, replicaRegions: ["eu-west-1"] });
  });

  it("tells the days of a primary that waits for its replicas, which has no date", () => {
    const waiting = { KeyState: "PendingReplicaDeletion", PendingDeletionWindowInDays: 14 };
    const facts = keyFacts({ ...metadata("eu-central-1"), ...waiting });
    expect(facts).toMatchObject({ state: "PendingReplicaDeletion", pendingWindowInDays: 14 });
    expect(facts).not.toHaveProperty("deletionDate");
  });

  it("names none for a replica, which is deleted by itself, nor for any other key", () => {
    expect(keyFacts(metadata("eu-west-1"))).not.toHaveProperty("replicaRegions");
    expect(
      keyFacts({ ...metadata("eu-central-1"), MultiRegion: false, MultiRegionConfiguration: undefined }),
    ).not.toHaveProperty("replicaRegions");
  });
});
