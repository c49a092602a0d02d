// The import directions of the code, as data. eslint.config.mjs turns them into rules; a test shows that each one bites.

// Our own parts: who may import whom. provider/index.ts, where the parts are put together, stands in no part.
export const PARTS = {
  sdk: ["provider/model"],
  "provider/host": ["provider/lifecycle", "provider/model"],
  "provider/lifecycle": ["provider/model"],
  "provider/model": [],
  "provider/hsm": ["provider/model"],
  "provider/secrets": ["provider/model"],
  // What both clouds' adapters stand on: trusted connections.
  "provider/network": ["provider/secrets", "provider/model"],
  "provider/aws": ["provider/network", "provider/secrets", "provider/model"],
  "provider/azure": ["provider/network", "provider/secrets", "provider/model"],
  "provider/custodian": [
    ...["provider/hsm", "provider/aws", "provider/azure", "provider/network"],
    ...["provider/secrets", "provider/model"],
  ],
  "provider/cli": [
    ...["provider/lifecycle", "provider/custodian", "provider/aws", "provider/azure"],
    ...["provider/local", "provider/model"],
  ],
  // Types only, see TYPES_ONLY: the local clouds must not share code with what is tested against them.
  "provider/local": ["provider/model"],
};

export const TYPES_ONLY = { "provider/local": ["provider/model"] };

// Packages that only some parts may import, lazily or not, types included.
export const PACKAGES = {
  "@pulumi/pulumi": ["sdk", "provider/host"],
  pkcs11js: ["provider/hsm"],
  "@aws-sdk": ["provider/aws"],
  "@azure": ["provider/azure"],
  "@smithy": ["provider/aws", "provider/local"],
  "@grpc/grpc-js": ["provider/host"],
};

// The rules of the model are pure.
export const NO_INPUT_OUTPUT = ["provider/model"];
export const INPUT_OUTPUT = [
  "fs",
  "fs/promises",
  "net",
  "tls",
  "dgram",
  "dns",
  "dns/promises",
  "http",
  "http2",
  "https",
  "child_process",
  "worker_threads",
];
