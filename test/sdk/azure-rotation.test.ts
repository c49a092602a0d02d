import * as byok from "../../sdk";
import { mockEngine, settle } from "./fixtures";

jest.setTimeout(60_000);

describe("the rotation policy of a key in Azure", () => {
  it("reaches the provider as the program wrote it, of the key and of the group's template", async () => {
    const registered = await mockEngine();
    const vault = new byok.AzureKeyVaultGroup("vault", {
      ...{ tenantId: "01234567-89ab-cdef-0123-456789abcdef", vault: "payments", tier: "premium" },
      template: { rotation: { rotateAfter: "24mo" } },
    });
    const material = { native: true, spec: "EC_P256" } as const;
    const rotation = { rotateAfter: "12mo", expiresAfter: "18mo", notifyBefore: "30d" };
    await settle(new byok.AzureKey("orders", { group: vault, material, rotation }));
    const inputs = registered.find(({ name }) => name === "orders")?.inputs ?? {};
    expect(inputs["rotation"]).toEqual(rotation);
    expect(JSON.parse(String(inputs["group"]))).toMatchObject({ template: { rotation: { rotateAfter: "24mo" } } });
    const make = (): unknown =>
      Reflect.construct(byok.AzureKey, ["late", { group: vault, material, expiryByPolicy: true }]);
    expect(make).toThrow("expiryByPolicy is no argument");
  });
});
