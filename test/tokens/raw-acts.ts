import type { PKCS11 } from "pkcs11js";
import type { TokenConnection } from "../../provider/model/token";
import { template } from "../../provider/hsm/attributes";
import { findSlot } from "../../provider/hsm/find-slot";
import { CKA, CKF, CKK, CKO, type AttributeName } from "../../provider/hsm/pkcs11-constants";
import { resolveModule } from "../../provider/hsm/resolve-module";
import { ckrName, ckrOf } from "../../provider/hsm/return-codes";

/** What somebody else with access to the token could do, and what only a look behind the adapter shows. */
export interface RawActs {
  /** Sets a boolean attribute of the secret or private key. */
  setFlag(id: string, name: AttributeName, value: boolean): Promise<void>;
  /** A boolean attribute of the secret or private key. */
  flag(id: string, name: AttributeName): Promise<boolean>;
  /** Copies the secret or private key; the copy has the same CKA_ID. */
  copy(id: string): Promise<void>;
  /** Destroys everything of a CKA_ID. */
  destroy(id: string): Promise<void>;
  /** Puts a secret key of known value under a CKA_ID, as an import would. */
  plantAes(id: string, label: string, value: Buffer): Promise<void>;
  /** Moves a public half to another CKA_ID, after destroying the one there. */
  exchangePublicHalf(from: string, to: string): Promise<void>;
  /** CKA_CLASS of every token object of a CKA_ID. */
  classes(id: string): Promise<readonly number[]>;
  /** Number of session objects that the process can see. */
  sessionObjects(): Promise<number>;
  /** Number of data objects on the token. */
  dataObjects(): Promise<number>;
  /** What a second C_Initialize in the process answers. */
  initialiseAgain(): Promise<string>;
  /** Creates a raw data object. */
  createData(label: string, application: string, value: Buffer, isPrivate?: boolean): Promise<void>;
}

/** Opens a session of its own beside the adapter's; the login is shared by the process. */
export async function makeRawActs(connection: TokenConnection): Promise<RawActs> {
  const pkcs11js = await import("pkcs11js");
  const module = new pkcs11js.PKCS11();
  module.load(resolveModule(connection.module));
  const use = <T>(work: (module: PKCS11, session: Buffer) => T): Promise<T> => {
    const { slot } = findSlot(module, connection);
    const session = module.C_OpenSession(slot, CKF.SERIAL_SESSION | CKF.RW_SESSION);
    try {
      return Promise.resolve(work(module, session));
    } finally {
      module.C_CloseSession(session);
    }
  };
  return {
    setFlag: (id, name, value) => use((m, s) => m.C_SetAttributeValue(s, keyOf(m, s, id), template({ [name]: value }))),
    flag: (id, name) =>
      use((m, s) => m.C_GetAttributeValue(s, keyOf(m, s, id), [{ type: CKA[name] }])[0]?.value[0] === 1),
    copy: (id) => use((m, s) => void m.C_CopyObject(s, keyOf(m, s, id), template({ TOKEN: true }))),
    destroy: (id) =>
      use((m, s) => {
        for (const object of find(m, s, { ID: Buffer.from(id, "hex") })) m.C_DestroyObject(s, object);
      }),
    plantAes: (id, label, value) =>
      use((m, s) => {
        const allowed = { SIGN: true, ENCRYPT: false, DECRYPT: false, WRAP: false, UNWRAP: false, DERIVE: false };
        const kept = { TOKEN: true, PRIVATE: true, SENSITIVE: true, EXTRACTABLE: true, ID: Buffer.from(id, "hex") };
        const key = { CLASS: CKO.SECRET_KEY, KEY_TYPE: CKK.AES, LABEL: Buffer.from(label), VALUE: value };
        m.C_CreateObject(s, template({ ...key, ...kept, ...allowed }));
      }),
    exchangePublicHalf: (from, to) =>
      use((m, s) => {
        const half = (id: string): readonly Buffer[] =>
          find(m, s, { ID: Buffer.from(id, "hex"), CLASS: CKO.PUBLIC_KEY });
        for (const object of half(to)) m.C_DestroyObject(s, object);
        for (const object of half(from)) m.C_SetAttributeValue(s, object, template({ ID: Buffer.from(to, "hex") }));
      }),
    classes: (id) =>
      use((m, s) =>
        find(m, s, { ID: Buffer.from(id, "hex"), TOKEN: true }).map(
          (object) => m.C_GetAttributeValue(s, object, [{ type: CKA.CLASS }])[0]?.value[0] ?? -1,
        ),
      ),
    sessionObjects: () => use((m, s) => find(m, s, { TOKEN: false }).length),
    dataObjects: () => use((m, s) => find(m, s, { CLASS: CKO.DATA, TOKEN: true }).length),
    initialiseAgain: () => {
      try {
        module.C_Initialize({ flags: CKF.OS_LOCKING_OK });
        return Promise.resolve("CKR_OK");
      } catch (thrown) {
        return Promise.resolve(ckrName(ckrOf(thrown) ?? -1));
      }
    },
    createData: (label, application, value, isPrivate = true) =>
      use((m, s) => {
        const named = { LABEL: Buffer.from(label), APPLICATION: Buffer.from(application) };
        m.C_CreateObject(s, template({ CLASS: CKO.DATA, TOKEN: true, PRIVATE: isPrivate, VALUE: value, ...named }));
      }),
  };
}

function find(module: PKCS11, session: Buffer, wanted: Parameters<typeof template>[0]): readonly Buffer[] {
  module.C_FindObjectsInit(session, template(wanted));
  try {
    return module.C_FindObjects(session, 1000);
  } finally {
    module.C_FindObjectsFinal(session);
  }
}

function keyOf(module: PKCS11, session: Buffer, id: string): Buffer {
  const ID = Buffer.from(id, "hex");
  const found = [CKO.SECRET_KEY, CKO.PRIVATE_KEY].flatMap((CLASS) => find(module, session, { ID, CLASS }));
  if (found[0] === undefined) throw new Error(`No key has CKA_ID ${id}.`);
  return found[0];
}
