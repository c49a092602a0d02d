import { keySpecs } from "../../../provider/model/key-spec";
import { createSoftHsmToken } from "../../tokens/softhsm-token";
import { describeToken } from "./token-behaviour";

describeToken("SoftHSM2", {
  create: () => createSoftHsmToken(),
  abilities: {
    oaepHashes: ["sha1"],
    keyWrapPadding: "pads",
    specs: keySpecs,
    fingerprint: "digest-key",
    enforcesExtractable: true,
    storesLinks: true,
  },
  duplicateIds: true,
  reasons: { sha256: "SoftHSM 2.6.1 has OAEP with SHA-1 only (CKR_ARGUMENTS_BAD for all else)" },
});
