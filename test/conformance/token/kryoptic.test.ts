import { keySpecs } from "../../../provider/model/key-spec";
import { createKryopticToken, findKryoptic, kryopticVariable } from "../../tokens/kryoptic-token";
import { describeToken } from "./token-behaviour";

const library = findKryoptic();

if (library === undefined) {
  describe("kryoptic", () => {
    it.skip(`skipped: the library is not installed; build the crate and name it in ${kryopticVariable}`, () =>
      undefined);
  });
} else {
  describeToken("kryoptic", {
    create: () => createKryopticToken(library),
    abilities: {
      oaepHashes: ["sha1", "sha256"],
      keyWrapPadding: "exact",
      specs: keySpecs.filter((spec) => spec !== "EC_SECP256K1"),
      fingerprint: "digest-key",
      enforcesExtractable: true,
      storesLinks: true,
    },
    duplicateIds: true,
    reasons: { EC_SECP256K1: "kryoptic has no curve secp256k1 (CKR_GENERAL_ERROR)" },
  });
}
