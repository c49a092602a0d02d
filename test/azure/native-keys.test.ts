import { openKeyVault } from "../../provider/azure/open-key-vault";
import { azureKey } from "../../provider/lifecycle/azure-key";
import { azureKeyTypeOf, refuseAzureKey } from "../../provider/model/azure-key-type";
import { azureTiers } from "../../provider/model/azure-connection";
import { keySpecFacts, keySpecs } from "../../provider/model/key-spec";
import { EngineResource, World } from "../lifecycle/lifecycle-world";
import { azureBench, secretOf, type AzureBench } from "./local-vault";

// RSA keys take seconds to make on a busy machine.
jest.setTimeout(120_000);

let bench: AzureBench;
beforeAll(async () => {
  bench = await azureBench();
});
afterAll(() => bench.dispose());

const possible = azureTiers.flatMap((tier) =>
  keySpecs.flatMap((spec) =>
    (["software", "hsm"] as const)
      .filter((protection) => refuseAzureKey(spec, tier, protection) === undefined)
      .map((protection) => ({ tier, spec, protection })),
  ),
);

it.each(possible)("$spec is made by Azure in a $tier vault with $protection protection", async (given) => {
  const { tier, spec, protection } = given;
  const connection = bench.connection(tier);
  const key = new EngineResource(azureKey, {
    ...new World().context("key"),
    keyVault: () => openKeyVault(connection, { configValues: {}, env: { TEST_AZURE_SECRET: secretOf(bench) } }),
  });
  const name = `${protection}-${spec.replaceAll("_", "-")}`;
  const program = {
    group: { ...connection, name: "vault", kek: { size: 4096, lifetime: "group" } },
    ...{ name, material: { native: true, spec }, protection, self: `urn:pulumi:prod::pay::byok:AzureKey::${name}` },
  };
  await key.up(program);
  const { kty, curve, operations } = azureKeyTypeOf(spec) ?? { kty: "none", operations: [] };
  expect(key.outputs).toMatchObject({
    kty: protection === "hsm" ? `${kty}-HSM` : kty,
    operations,
    pending: [],
    versions: [{ version: 1, origin: "AZURE", enabled: true }],
  });
  const port = openKeyVault(connection, { configValues: {}, env: { TEST_AZURE_SECRET: secretOf(bench) } });
  const made = await port.getKey(name);
  expect([made?.curve, made?.bits]).toEqual([curve, kty === "RSA" ? keySpecFacts[spec].bits : undefined]);
  expect(await key.up(program)).toBe("same");
  await key.destroy();
  expect(await port.getDeleted(name)).toBeDefined();
});
