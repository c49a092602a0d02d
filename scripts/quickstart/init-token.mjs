// Makes the SoftHSM token of the quickstart, unless it is there. Through PKCS#11 itself, because softhsm2-util takes both
// PINs as arguments, which every user of the machine could read while it runs.
//
// SOFTHSM2_CONF=FILE node init-token.mjs LABEL SO_PIN_FILE PIN_FILE
import { existsSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import pkcs11js from "pkcs11js";

const [label, soPinFile, pinFile] = process.argv.slice(2);
if (label === undefined || soPinFile === undefined || pinFile === undefined) {
  throw new Error("usage: SOFTHSM2_CONF=FILE node init-token.mjs LABEL SO_PIN_FILE PIN_FILE");
}

const folders = [
  "/usr/lib/softhsm",
  ...readdirSync("/usr/lib").map((name) => path.join("/usr/lib", name, "softhsm")),
  "/usr/lib64/softhsm",
  "/usr/lib64/pkcs11",
  "/opt/homebrew/lib/softhsm",
  "/usr/local/lib/softhsm",
];
const modulePath = folders.map((folder) => path.join(folder, "libsofthsm2.so")).find((file) => existsSync(file));
if (modulePath === undefined) {
  process.stderr.write("error: libsofthsm2.so is in none of the usual folders; install the package softhsm2.\n");
  process.exit(1);
}

const token = new pkcs11js.PKCS11();
token.load(modulePath);
token.C_Initialize();
try {
  const slots = token.C_GetSlotList(true).map((slot) => ({ slot, info: token.C_GetTokenInfo(slot) }));
  const initialized = ({ info }) => (info.flags & pkcs11js.CKF_TOKEN_INITIALIZED) !== 0;
  if (!slots.some((each) => initialized(each) && each.info.label.trim() === label)) {
    const free = slots.find((each) => !initialized(each));
    if (free === undefined) throw new Error("SoftHSM offers no slot without a token");
    const soPin = readFileSync(soPinFile, "utf8");
    // PKCS#11 wants exactly 32 bytes, padded with blanks.
    token.C_InitToken(free.slot, soPin, label.padEnd(32));
    // SoftHSM gives the slot another number once its token is initialised.
    const slot = token.C_GetSlotList(true).find((each) => {
      const info = token.C_GetTokenInfo(each);
      return initialized({ info }) && info.label.trim() === label;
    });
    if (slot === undefined) throw new Error(`the token ${label} is not listed after it was initialised`);
    const session = token.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION | pkcs11js.CKF_RW_SESSION);
    token.C_Login(session, pkcs11js.CKU_SO, soPin);
    token.C_InitPIN(session, readFileSync(pinFile, "utf8"));
    token.C_Logout(session);
    token.C_CloseSession(session);
    process.stdout.write("made\n");
  } else {
    process.stdout.write("there already\n");
  }
} finally {
  token.C_Finalize();
}
