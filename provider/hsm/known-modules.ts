/** Where a PKCS#11 module is found, and what to install where it is not. */
export interface KnownModule {
  readonly paths: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>>;
  /** What to do where none of the paths exists. */
  readonly install: string;
}

const debian = (file: string): readonly string[] =>
  ["x86_64-linux-gnu", "aarch64-linux-gnu"].map((folder) => `/usr/lib/${folder}/${file}`);

/** Homebrew's folders on Apple silicon and on Intel. */
const homebrew = (file: string): readonly string[] =>
  ["/opt/homebrew", "/usr/local"].map((folder) => `${folder}/${file}`);

const softhsm2: KnownModule = {
  paths: {
    linux: [
      "/usr/lib/softhsm/libsofthsm2.so",
      ...debian("softhsm/libsofthsm2.so"),
      "/usr/lib64/pkcs11/libsofthsm2.so",
      "/usr/local/lib/softhsm/libsofthsm2.so",
    ],
    darwin: homebrew("lib/softhsm/libsofthsm2.so"),
  },
  install: "Install SoftHSM2: `apt-get install softhsm2` on Debian and Ubuntu, `brew install softhsm` on macOS.",
};

const nss: KnownModule = {
  paths: {
    linux: [...debian("libsoftokn3.so"), ...debian("nss/libsoftokn3.so"), "/usr/lib64/libsoftokn3.so"],
    darwin: homebrew("opt/nss/lib/libsoftokn3.dylib"),
  },
  install: "Install NSS: `apt-get install libnss3 libnss3-tools` on Debian and Ubuntu, `brew install nss` on macOS.",
};

const hardware = (name: string, ...linux: readonly string[]): KnownModule => ({
  paths: { linux },
  install: `Install the client software of ${name}, or write the path of its PKCS#11 module.`,
});

/** Short names of modules. A group may name any other module by its path. */
export const knownModules: Readonly<Record<string, KnownModule>> = {
  softhsm2,
  softhsm: softhsm2,
  nss,
  softokn3: nss,
  kryoptic: {
    paths: {
      linux: [
        "/usr/lib64/pkcs11/libkryoptic_pkcs11.so",
        ...debian("pkcs11/libkryoptic_pkcs11.so"),
        "/usr/local/lib/libkryoptic_pkcs11.so",
      ],
      darwin: homebrew("lib/libkryoptic_pkcs11.dylib"),
    },
    install: "Build kryoptic (crate `kryoptic`) and write the path of its library.",
  },
  opencryptoki: {
    paths: { linux: [...debian("opencryptoki/libopencryptoki.so"), "/usr/lib64/opencryptoki/libopencryptoki.so"] },
    install: "Install openCryptoki: `apt-get install opencryptoki` on Debian and Ubuntu.",
  },
  cloudhsm: hardware("AWS CloudHSM", "/opt/cloudhsm/lib/libcloudhsm_pkcs11.so"),
  luna: hardware("Thales Luna", "/usr/safenet/lunaclient/lib/libCryptoki2_64.so", "/usr/lib/libCryptoki2_64.so"),
  nshield: hardware("Entrust nShield", "/opt/nfast/toolkits/pkcs11/libcknfast.so"),
  yubihsm2: hardware("YubiHSM 2", ...debian("pkcs11/yubihsm_pkcs11.so")),
};
