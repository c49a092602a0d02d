import { spawn } from "node:child_process";
import { resolve } from "node:path";
import type { AwsConnection } from "../../provider/model/aws-connection";

const adapter = resolve(__dirname, "../../provider/aws/open-kms");

const program = `
const { openKms } = require(${JSON.stringify(adapter)});
const [connection, keyId] = JSON.parse(process.argv[1]);
const sdk = () => Object.keys(require.cache).filter((name) => /@aws-sdk|@smithy/.test(name)).length;
const port = openKms(connection, { configValues: {} });
const before = sdk();
const tell = (answer) => process.stdout.write(JSON.stringify({ ...answer, before, after: sdk() }));
(keyId === null ? port.callerIdentity() : port.describeKey(keyId)).then(
  (value) => tell({ value }),
  (error) => tell({ code: error.code, message: error.message, hint: error.hint }),
);`;

/** What a process of its own got from a call. */
export interface ChildAnswer {
  readonly value?: unknown;
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
  /** Modules of the SDK in memory before and after the call. */
  readonly before: number;
  readonly after: number;
  readonly stderr: string;
}

/**
 * Makes one call in a process of its own, for settings that Node and the SDK read from the process environment alone:
 * GetCallerIdentity, or DescribeKey of a key.
 */
export function inChild(env: NodeJS.ProcessEnv, connection: AwsConnection, keyId?: string): Promise<ChildAnswer> {
  const { PATH, HOME } = process.env;
  const quiet = {
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: "/nonexistent",
    AWS_SHARED_CREDENTIALS_FILE: "/nonexistent",
  };
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, ["-e", program, JSON.stringify([connection, keyId ?? null])], {
      env: { PATH, HOME, ...quiet, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (text: Buffer) => (stdout += text.toString()));
    child.stderr.on("data", (text: Buffer) => (stderr += text.toString()));
    child.on("error", fail);
    child.on("close", () => {
      try {
        done({ ...(JSON.parse(stdout) as Omit<ChildAnswer, "stderr">), stderr });
      } catch {
        fail(new Error(`the process said: ${stdout} ${stderr}`));
      }
    });
  });
}
