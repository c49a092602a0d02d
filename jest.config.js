// Tests run as compiled: `npm run build`, then `npx jest --selectProjects unit` or `npx jest dist/test/model`.
// A project is a kind of test; the folders below test/ say which tests belong to it.
const project = (displayName, folders) => ({
  displayName,
  testEnvironment: "node",
  roots: ["<rootDir>/dist/test"],
  testMatch: folders.map((folder) => `<rootDir>/dist/test/${folder}/**/*.test.js`),
  // The code is JavaScript already; transforming it again would only cost time.
  transform: {},
  // node_modules/pulumi-byok is a link to this folder.
  modulePathIgnorePatterns: ["<rootDir>/node_modules/pulumi-byok/"],
});

module.exports = {
  maxWorkers: 2,
  // Jest knows one limit for all projects; tests with the real CLI raise it.
  testTimeout: 60_000,
  forceExit: false,
  projects: [
    project("unit", ["model", "lifecycle", "aws", "azure", "network", "secrets", "sdk"]),
    project("local", ["local"]),
    project("hsm", ["hsm", "custodian"]),
    project("host", ["host", "cli"]),
    project("conformance", ["conformance"]),
    project("packaging", ["packaging"]),
    project("e2e", ["e2e"]),
  ],
};
