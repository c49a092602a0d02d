import { azureKey } from "../../provider/lifecycle/azure-key";
import type { PlainRecord } from "../../provider/lifecycle/contract";
import { azureTiers, type AzureTier } from "../../provider/model/azure-connection";
import { keySpecFacts, keySpecs, type KeySpec } from "../../provider/model/key-spec";
import { tenantId, vaultUrl } from "./fake-key-vault";
import { sourceRecord, World } from "./lifecycle-world";

// Every key type in every tier with every protection and from every origin: it works, or check says why not and what to do.

type Place = `${AzureTier} ${"software" | "hsm"}`;
/** For material that is copied, and for material that Azure makes: it works, or which property is refused with which reason. */
type Fate = "works" | readonly [property: string, reason: RegExp];

const noHsm: Fate = ["protection", /standard vault has no HSM-protected keys.*premium vault or a Managed HSM/];
const noSoftware: Fate = ["protection", /Managed HSM holds HSM-protected keys only. Write "hsm"/];
const inClear: Fate = ["protection", /in clear/];
const onlyManaged: Fate = ["material", /only a Managed HSM holds.*tier "managed-hsm"/];
const never: Fate = ["material", /Azure has no such keys. Use RSA, EC or AES_256 keys/];

const pairs: Readonly<Record<Place, { readonly copied: Fate; readonly native: Fate }>> = {
  "standard software": { copied: inClear, native: "works" },
  "standard hsm": { copied: noHsm, native: noHsm },
  "premium software": { copied: inClear, native: "works" },
  "premium hsm": { copied: "works", native: "works" },
  "managed-hsm software": { copied: noSoftware, native: noSoftware },
  "managed-hsm hsm": { copied: "works", native: "works" },
};

function fateOf(spec: KeySpec, place: Place, origin: "copied" | "native"): Fate {
  const { family } = keySpecFacts[spec];
  if (family === "hmac") return never;
  if (family === "aes" && !place.startsWith("managed-hsm")) return onlyManaged;
  return pairs[place][origin];
}

const cases = keySpecs.flatMap((spec) =>
  azureTiers.flatMap((tier) =>
    (["software", "hsm"] as const).flatMap((protection) =>
      (["copied", "native"] as const).map((origin) => ({ spec, tier, protection, origin })),
    ),
  ),
);

function materialOf(spec: KeySpec, origin: "copied" | "native"): PlainRecord {
  if (origin === "native") return { native: true, spec };
  const group = { ...sourceRecord.group, allowedTargets: [{ azure: { tenantId, vaults: [vaultUrl] } }] };
  return { source: { ...sourceRecord, spec, group } };
}

it("are as many as the types, tiers, protections and origins allow", () => {
  expect(cases).toHaveLength(keySpecs.length * azureTiers.length * 2 * 2);
});

it.each(cases)(
  "$spec, $origin, in a $tier vault with $protection protection",
  async ({ spec, tier, protection, origin }) => {
    const key = new World().resource(azureKey, "key");
    const failures = await key.check({
      group: { name: "vault", cloud: "public", tenantId, tier, kek: { size: 4096, lifetime: "import" }, vaultUrl },
      material: materialOf(spec, origin),
      protection,
      self: "urn:pulumi:prod::pay::pulumi-nodejs:dynamic/byok:AzureKey::key",
    });
    const fate = fateOf(spec, `${tier} ${protection}`, origin);
    if (fate === "works") {
      expect(failures.failures).toEqual([]);
      return;
    }
    const [property, reason] = fate;
    expect(failures.failures).toHaveLength(1);
    // A copied key's type is that of its source, and named there.
    expect(failures.failures[0]?.property.split(".")[0]).toBe(property);
    expect(failures.failures[0]?.reason).toMatch(reason);
  },
);
