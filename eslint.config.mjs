import { createTypeScriptImportResolver } from "eslint-import-resolver-typescript";
import importX from "eslint-plugin-import-x";
import tseslint from "typescript-eslint";
import { INPUT_OUTPUT, NO_INPUT_OUTPUT, PACKAGES, PARTS, TYPES_ONLY } from "./scripts/lint/import-directions.mjs";

const parts = Object.keys(PARTS);

const zonesBetweenParts = parts.flatMap((part) =>
  [...parts, "provider/index.ts", "test", "scripts", "examples"]
    .filter((other) => other !== part && !PARTS[part].includes(other))
    .map((other) => ({
      target: `./${part}`,
      from: `./${other}`,
      message: `${part} may import only: ${["itself", ...PARTS[part]].join(", ")}.`,
    })),
);

const zonesForPackages = Object.entries(PACKAGES).flatMap(([name, allowed]) =>
  parts
    .filter((part) => !allowed.includes(part))
    .map((part) => ({
      target: `./${part}`,
      from: `./node_modules/${name}`,
      message: `Only ${allowed.join(" and ")} may import ${name}.`,
    })),
);

const NAMED_EXPORTS = { selector: "ExportDefaultDeclaration", message: "Exports have names." };

const typesOnly = Object.entries(TYPES_ONLY).map(([part, others]) => ({
  files: [`${part}/**/*.ts`],
  rules: {
    "@typescript-eslint/no-restricted-imports": [
      "error",
      {
        patterns: others.map((other) => ({
          group: [`**/${other.split("/").at(-1)}/**`],
          allowTypeImports: true,
          message: `${part} may import only types of ${other}.`,
        })),
      },
    ],
    "no-restricted-syntax": [
      "error",
      NAMED_EXPORTS,
      ...others.map((other) => ({
        selector: `ImportExpression[source.value=/\\/${other.split("/").at(-1)}\\//]`,
        message: `${part} may import only types of ${other}.`,
      })),
    ],
  },
}));

export default tseslint.config(
  { ignores: ["dist/", "node_modules/", ".quickstart/", ".cache/", "coverage/", "test/fixtures/"] },
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    plugins: { "import-x": importX },
    settings: { "import-x/resolver-next": [createTypeScriptImportResolver({ project: "./tsconfig.json" })] },
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": [
        "error",
        { fixStyle: "separate-type-imports", disallowTypeAnnotations: false },
      ],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", ignoreRestSiblings: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // Classes with nothing but a constructor are how Pulumi resources look.
      "@typescript-eslint/no-extraneous-class": "off",
      "no-console": "error",
      "no-restricted-syntax": ["error", NAMED_EXPORTS],
      eqeqeq: "error",
    },
  },
  {
    // The command talks to its user; a program's output is its exports.
    files: ["provider/cli/**/*.ts"],
    rules: { "no-console": "off" },
  },
  {
    // Jest's asymmetric matchers (expect.any and the like) are of type any.
    files: ["test/**/*.ts"],
    rules: { "@typescript-eslint/no-unsafe-assignment": "off" },
  },
  {
    files: ["sdk/**/*.ts", "provider/**/*.ts"],
    rules: {
      "import-x/no-restricted-paths": [
        "error",
        { basePath: import.meta.dirname, zones: [...zonesBetweenParts, ...zonesForPackages] },
      ],
      "import-x/no-cycle": ["error", { ignoreExternal: true }],
    },
  },
  ...typesOnly,
  {
    files: NO_INPUT_OUTPUT.map((part) => `${part}/**/*.ts`),
    rules: {
      "no-restricted-imports": [
        "error",
        {
          paths: INPUT_OUTPUT.flatMap((name) => [name, `node:${name}`]).map((name) => ({
            name,
            message: "The model is pure.",
          })),
        },
      ],
    },
  },
  {
    files: ["**/*.{js,mjs}"],
    extends: [tseslint.configs.recommended],
    languageOptions: {
      globals: { AbortSignal: "readonly", fetch: "readonly", process: "readonly", setTimeout: "readonly" },
    },
    rules: { eqeqeq: "error", "@typescript-eslint/no-require-imports": "off" },
  },
);
