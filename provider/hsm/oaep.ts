import type { OaepHash } from "../model/token";
import type { Mechanism } from "./cryptoki";
import { CKG_MGF1, CKM, CKZ_DATA_SPECIFIED, PARAMS_RSA_OAEP } from "./pkcs11-constants";

const parameters: Readonly<Record<OaepHash, { hashAlg: number; mgf: number }>> = {
  sha1: { hashAlg: CKM.SHA_1, mgf: CKG_MGF1.SHA1 },
  sha256: { hashAlg: CKM.SHA256, mgf: CKG_MGF1.SHA256 },
};

/** CKM_RSA_PKCS_OAEP with one hash for label and MGF1, and an empty label, as RFC 8017 §7.1 and both clouds have it. */
export const oaepMechanism = (hash: OaepHash): Mechanism => ({
  mechanism: CKM.RSA_PKCS_OAEP,
  parameter: { type: PARAMS_RSA_OAEP, ...parameters[hash], source: CKZ_DATA_SPECIFIED },
});
