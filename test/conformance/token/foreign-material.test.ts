import { createNssToken } from "../../tokens/nss-token";
import { createSoftHsmToken } from "../../tokens/softhsm-token";
import { describeForeign } from "./foreign-behaviour";

describeForeign("material from elsewhere in SoftHSM2", {
  create: () => createSoftHsmToken(),
  refuses: { RSA_AES_SHA256: /CKR_ARGUMENTS_BAD/ },
  keepsNot: ["AES_256", "HMAC_224", "HMAC_512"],
  lacks: [],
});

const withoutPoint = /return value 0xd0|CKR_TEMPLATE_INCOMPLETE/;

describeForeign("material from elsewhere in NSS softokn", {
  create: () => createNssToken(),
  refuses: { EC_P256: withoutPoint, EC_P384: withoutPoint, EC_P521: withoutPoint },
  keepsNot: ["RSA_2048"],
  lacks: ["EC_SECP256K1"],
});
