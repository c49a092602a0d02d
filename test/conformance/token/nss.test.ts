import { keySpecs } from "../../../provider/model/key-spec";
import { createNssToken } from "../../tokens/nss-token";
import { describeToken } from "./token-behaviour";

describeToken("NSS softokn", {
  create: () => createNssToken(),
  abilities: {
    oaepHashes: ["sha1", "sha256"],
    keyWrapPadding: "exact",
    specs: keySpecs.filter((spec) => spec !== "EC_SECP256K1"),
    fingerprint: "digest-key",
    enforcesExtractable: false,
    storesLinks: false,
  },
  duplicateIds: false,
  reasons: {
    EC_SECP256K1: "NSS has no curve secp256k1 (CKR_DOMAIN_PARAMS_INVALID)",
    links: "NSS keeps no data objects (CKO_DATA)",
  },
});
