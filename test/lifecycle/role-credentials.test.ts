import { awsKmsKey } from "../../provider/lifecycle/aws-kms-key";
import { defaultKeyPolicy } from "../../provider/model/key-policy";
import { account } from "./fake-kms";
import { groupRecord, keyProgram, World } from "./lifecycle-world";

const roleCredentials = {
  import: { profile: "material" },
  destroy: { profile: "destroyer" },
  policy: { profile: "policy-admin" },
};
const policy = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Principal: { AWS: `arn:aws:iam::${account}:root` }, Action: "kms:*", Resource: "*" }],
});
const divided = { group: { ...groupRecord, credentials: { profile: "importer" }, roleCredentials }, policy };

/** A run that died after CreateKey, and before the other credentials had set the policy. */
async function runThatDied(world: World, program: object): Promise<void> {
  const createKey = world.kms.createKey;
  world.kms.createKey = async (request) => {
    await createKey({ ...request, policy: defaultKeyPolicy("aws", account) });
    throw new Error("died");
  };
  await expect(world.resource(awsKmsKey, "payments").up(keyProgram({ ...program }))).rejects.toThrow("died");
  world.kms.createKey = createKey;
}

describe("a key of a group with divided credentials", () => {
  it("gets its policy before its material, also where a run died in between", async () => {
    const world = new World();
    await runThatDied(world, divided);
    world.kms.calls.length = 0;
    const key = world.resource(awsKmsKey, "payments");
    await key.up(keyProgram(divided));
    expect(world.kms.keys.size).toBe(1);
    expect(key.outputs).toMatchObject({ keyState: "Enabled", policy });
    expect(world.kms.writes).toContain("putPolicy");
  });

  it("elsewhere a policy that is not the program's is somebody's doing, and nothing is imported", async () => {
    const world = new World();
    await runThatDied(world, { policy });
    await expect(world.resource(awsKmsKey, "payments").up(keyProgram({ policy }))).rejects.toMatchObject({
      code: "BYOK_ADOPT_REFUSED",
    });
  });

  it("is reached by the custodian with the import's credentials, and by nobody else's", async () => {
    const world = new World();
    await world.resource(awsKmsKey, "payments").up(keyProgram(divided));
    const imported = world.custodian.imports.map(({ target }) => target.connection);
    expect(imported).toEqual([expect.objectContaining({ credentials: { profile: "material" } })]);
    expect(imported[0]).not.toHaveProperty("roleCredentials");
  });

  it("records other role credentials as a change that writes nothing to AWS", async () => {
    const world = new World();
    const key = world.resource(awsKmsKey, "payments");
    await key.up(keyProgram(divided));
    world.kms.calls.length = 0;
    const others = { ...divided.group, roleCredentials: { ...roleCredentials, destroy: { profile: "another" } } };
    expect(await key.up(keyProgram({ ...divided, group: others }))).toBe("updated");
    expect(world.kms.writes).toEqual([]);
    expect(await key.up(keyProgram({ ...divided, group: others }))).toBe("same");
  });
});
