// Writes docs/permissions.md from the table in provider/model/permissions, which also makes the check of a new group and the policies of the roles.
// With --check it writes nothing and fails where the page is not what it would write. Needs a build.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { format, resolveConfig } from "prettier";

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "../..");
const require = createRequire(import.meta.url);
const model = (name) => require(path.join(root, "dist/provider/model/permissions", name));
const { allIamActions, iamActions, keyConditionKeys } = model("iam-actions.js");
const { permissionOperations } = model("operations.js");
const { rolePolicy } = model("role-policy.js");

const file = path.join(root, "docs/permissions.md");
const code = (names) => names.map((name) => `\`${name}\``).join(", ");
const cell = (text) => text.replaceAll("|", "\\|");

function operationLine({ what, parts, includes = [], remark }) {
  const needs = [
    ...parts.map(({ when, actions }) => (when === undefined ? code(actions) : `${when}: ${code(actions)}`)),
    ...(includes.length === 0
      ? []
      : [`all of ${includes.map((name) => `_${permissionOperations[name].what}_`).join(" and of ")}`]),
  ];
  const all = [needs.join("; "), remark].filter((part) => part !== undefined && part !== "");
  return `| ${cell(what)} | ${cell(all.join(". "))} |`;
}

function actionLine(action) {
  const { resources, conditionKeys, roles } = iamActions[action];
  const on = resources.map((each) => (each === "*" ? "`*`" : each)).join(" and ");
  return `| \`${action}\` | ${on} | ${code(conditionKeys)} | ${roles.length === 4 ? "all" : roles.length === 0 ? "none" : roles.join(", ")} |`;
}

const sample = { account: "123456789012", regions: ["eu-central-1"], aliasPrefix: "alias/ledger/" };
const policy = (role) => `\`\`\`json\n${JSON.stringify(rolePolicy(role, sample), undefined, 2)}\n\`\`\``;

const page = `# IAM permissions

<!-- Made by scripts/docs/permissions.mjs from provider/model/permissions. Change the table there. -->

What the credentials of an \`AwsKmsGroup\` need, by what is done. \`sts:GetCallerIdentity\` is called first everywhere and needs no permission.

| what | actions |
| --- | --- |
${Object.values(permissionOperations).map(operationLine).join("\n")}

The resource never uses the copied key itself (Encrypt, Decrypt, Sign), except GenerateMac to prove an HMAC key.

## Each action

AWS checks an action on each of the resources that it names here, and an IAM policy can use these condition keys with it. All that are checked on a key also take ${code(keyConditionKeys)}, and nearly all \`kms:CallerAccount\` and \`kms:ViaService\`. Source: AWS Service Authorization Reference.

| action | on | condition keys | roles |
| --- | --- | --- | --- |
${allIamActions.map(actionLine).join("\n")}

## Policies for roles

\`byok permissions --account 123456789012 --region eu-central-1 --alias-prefix alias/ledger/\` prints these from the same table. The default key policy of AWS leaves access to such IAM policies. [Divide the permissions](guides/permissions-and-roles.md) shows how a group uses them.

The **importer** runs the whole life of a copy and deletes nothing:

${policy("importer")}

The **material-importer** is what is needed where the group names credentials of their own for the import (\`roleCredentials.import\`):

${policy("material-importer")}

The **destroyer** lets go, no faster than the shortest waiting period that its policy has:

${policy("destroyer")}

The **policy-admin** decides who may use a key:

${policy("policy-admin")}

Who needs no division attaches all of them to one role.

A key policy of your own must let the caller that sets it change it again (\`kms:PutKeyPolicy\`), or AWS refuses it (\`BYOK_AWS_POLICY_REFUSED\`), and must allow the actions above.

## When a permission is missing

A new group, and one with another connection, is checked before anything is made (\`permissionCheck\`): the preview names what its credentials lack in that Region, and the output \`missingPermissions\` lists it. That is IAM's simulation where \`iam:SimulatePrincipalPolicy\` is allowed on the caller itself; it does not see key policies. Else the few calls are made that change nothing and need no key. What cannot be known is not called missing, and never stops anything. Not asked for is what only some keys need, such as GetPublicKey.

Whatever is missing when it is needed is told by the error: it names the action, and the caller and AWS's reason where AWS tells them (\`BYOK_AWS_ACCESS_DENIED\`). A missing permission is never taken for a missing key. Where the tags of some keys may not be read, the search for a key of an interrupted run warns that it may not recognise one.
`;

const text = await format(page, { ...(await resolveConfig(file)), parser: "markdown" });
if (!process.argv.includes("--check")) writeFileSync(file, text);
else if (readFileSync(file, "utf8") !== text) {
  process.stderr.write("docs/permissions.md is not what the table says. Run: node scripts/docs/permissions.mjs\n");
  process.exitCode = 1;
}
