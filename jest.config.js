// Tests run as compiled: `npm run build`, then `npx jest --selectProjects unit` or `npx jest dist/test/model`.
// A project is a kind of test with its own time limit; the folders below test/ say which tests belong to it.
const SECOND = 1000;

const project = (displayName, folders, timeoutSeconds) => ({
  displayName,
  testEnvironment: "node",
  roots: ["<rootDir>/dist/test"],
  testMatch: folders.map((folder) => `<rootDir>/dist/test/${folder}/**/*.test.js`),
  // The code is JavaScript already; transforming it again would only cost time.
  transform: {},
  // node_modules/pulumi-byok is a link to this folder.
  modulePathIgnorePatterns: ["<rootDir>/node_modules/pulumi-byok/"],
  testTimeout: timeoutSeconds * SECOND,
});

module.exports = {
  maxWorkers: 2,
  forceExit: false,
  projects: [
    project("unit", ["model", "lifecycle", "aws", "sdk"], 10),
    project("local", ["local"], 60),
    project("hsm", ["hsm", "custodian"], 60),
    project("host", ["host", "cli"], 60),
    project("conformance", ["conformance"], 60),
    project("packaging", ["packaging"], 600),
    project("e2e", ["e2e"], 600),
  ],
};
