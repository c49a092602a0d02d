import { PKCS11 } from "pkcs11js";
import { CKF, CKU_USER } from "../../provider/hsm/pkcs11-constants";

// Initialises the first slot's token: node initialise-token-main.js MODULE LABEL, the user PIN in TOKEN_PIN.
const [library, label] = process.argv.slice(2);
const pin = process.env.TOKEN_PIN;
if (library === undefined || label === undefined || pin === undefined)
  throw new Error("Module, label and PIN are needed.");

const securityOfficer = 0;
const securityOfficerPin = "12345678";

const pkcs11 = new PKCS11();
pkcs11.load(library);
pkcs11.C_Initialize({ flags: CKF.OS_LOCKING_OK });
const [slot] = pkcs11.C_GetSlotList(true);
if (slot === undefined) throw new Error("The module shows no slot.");
// CK_UTF8CHAR[32]: a module reads all of it, also past the end of a shorter text.
pkcs11.C_InitToken(slot, securityOfficerPin, label.padEnd(32));
const session = pkcs11.C_OpenSession(slot, CKF.SERIAL_SESSION | CKF.RW_SESSION);
pkcs11.C_Login(session, securityOfficer, securityOfficerPin);
pkcs11.C_InitPIN(session, pin);
pkcs11.C_Logout(session);
pkcs11.C_Login(session, CKU_USER, pin);
pkcs11.C_Finalize();
