import type { ListedKey } from "../../provider/model/ports/kms-inventory";

const place = { account: "123456789012", region: "eu-central-1" } as const;

/** A key as the listing of an account and Region tells it: symmetric, with imported material, and nobody's. */
export function listedKey(
  keyId: string,
  more: Partial<ListedKey> = {},
  facts: Partial<NonNullable<ListedKey["facts"]>> = {},
): ListedKey {
  const arn = `arn:aws:kms:${place.region}:${place.account}:key/${keyId}`;
  return {
    keyId,
    arn,
    aliases: [`alias/${keyId}`],
    facts: {
      ...place,
      keyId,
      arn,
      state: "Enabled",
      origin: "EXTERNAL",
      manager: "CUSTOMER",
      spec: "SYMMETRIC_DEFAULT",
      usage: "ENCRYPT_DECRYPT",
      description: "",
      multiRegion: false,
      createdAt: new Date("2026-01-02T03:04:05Z"),
      expires: false,
      ...facts,
    },
    tags: {},
    rotation: { automatic: "not possible" },
    denied: [],
    ...more,
  };
}
