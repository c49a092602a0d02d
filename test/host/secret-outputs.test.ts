import { withSecretsMarked } from "../../provider/host/secret-outputs";

describe("an output that is a secret", () => {
  it("is marked as the engine knows secrets, and nothing else is", () => {
    const record = { blob: "c2VhbGVk", sha256: "00" };
    expect(withSecretsMarked("AzureKeyBackup", record)).toEqual({
      blob: { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", value: "c2VhbGVk" },
      sha256: "00",
    });
    expect(withSecretsMarked("AzureKeyBackup", { sha256: "00" })).toEqual({ sha256: "00" });
    expect(withSecretsMarked("AzureKey", record)).toEqual(record);
  });
});
