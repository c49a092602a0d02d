import { writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startLocalAws, type LocalAws, type LocalAwsOptions } from "../../provider/local";
import { createSoftHsmToken, type SoftHsmToken } from "../tokens/softhsm-token";
import { StackProject } from "./stack-project";

// The real CLI takes seconds for each command.
jest.setTimeout(600_000);

export const account = "111122223333";
export const otherAccount = "444455556666";
export const region = "eu-central-1";

const secrets: Readonly<Record<string, string>> = {
  [account]: "first/secret+of+the+lab+0123456789abcdef",
  [otherAccount]: "other/secret+of+the+lab+0123456789abcdef",
};

/** A token, a local AWS, and a project that uses both. */
export interface Lab {
  readonly token: SoftHsmToken;
  readonly cloud: LocalAws;
  readonly project: StackProject;
  /** Strings that must be found nowhere. */
  readonly secrets: readonly string[];
  /** The program text of the source group `hsm`. */
  hsm(more?: string): string;
  /** The program text of an AWS group. */
  group(name: string, more?: string, inRegion?: string, inAccount?: string): string;
  /** Group, source key `master`, AWS group `frankfurt` and copied key `payments`. */
  payments(more?: string): string;
  dispose(): Promise<void>;
}

/** Sets a lab up; everything in it is its own, so that test files can run side by side. */
export async function createLab(
  options: Partial<LocalAwsOptions> = {},
  env: Readonly<Record<string, string>> = {},
): Promise<Lab> {
  const token = await createSoftHsmToken({ label: "payments", pin: "pin-of-the-lab-57" });
  const cloud = await startLocalAws({
    accounts: [account, otherAccount].map((id) => ({
      id,
      accessKeyId: `AKIALAB${id.slice(0, 9)}`,
      secretAccessKey: secrets[id] ?? "",
    })),
    exposeMaterial: true,
    ...options,
  });
  const project = await StackProject.create({ env });
  await writeFile(path.join(project.folder, "ca.pem"), cloud.caPem ?? "");
  for (const id of [account, otherAccount]) {
    const csv = `Access key ID,Secret access key\nAKIALAB${id.slice(0, 9)},${secrets[id] ?? ""}\n`;
    await writeFile(path.join(project.folder, `aws-${id}.csv`), csv, { mode: 0o600 });
  }
  const lab: Lab = {
    token,
    cloud,
    project,
    secrets: [token.pin, ...Object.values(secrets)],
    hsm: (more = "") => `const hsm = new byok.SourceGroup("hsm", {
  token: ${JSON.stringify(token.connection)}, minOaepHash: "sha1", lab: true, ${more}
});`,
    group: (
      name,
      more = "",
      inRegion = region,
      inAccount = account,
    ) => `const ${name} = new byok.AwsKmsGroup("${name}", {
  region: "${inRegion}", endpoint: "${cloud.httpsEndpoint ?? ""}", tls: { caFile: "ca.pem" },
  credentials: { csv: "file:aws-${inAccount}.csv" }, ${more}
});`,
    payments: (more = "") => `${lab.hsm()}
const master = new byok.SourceKey("master", { group: hsm, spec: "AES_256" });
${lab.group("frankfurt")}
const payments = new byok.AwsKmsKey("payments", {
  group: frankfurt, material: { source: master }, aliases: ["alias/payments"], ${more}
});
exports.arn = payments.arn;`,
    dispose: async () => {
      await project.dispose();
      await cloud.close();
      await token.dispose();
    },
  };
  return lab;
}

/** Waits until something is so, at most a minute. */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end;) {
    if (await condition()) return;
    await sleep(50);
  }
  throw new Error(`waited in vain until ${what}`);
}
