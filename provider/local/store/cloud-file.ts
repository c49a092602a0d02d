import { randomBytes, randomInt } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { writeFileAtomically } from "./atomic-file";

const schema = z.object({
  /** Seals import tokens. */
  sealingKey: z.string(),
  controlToken: z.string(),
  clockAheadBy: z.number(),
  ports: z.object({ http: z.number(), https: z.number() }),
  /** The account of a cloud that was started without accounts. */
  defaultAccount: z.object({ id: z.string(), accessKeyId: z.string(), secretAccessKey: z.string() }),
});

export type CloudFileContent = z.infer<typeof schema>;

/** What a cloud keeps about itself, beside its keys. */
export class CloudFile {
  private readonly file: string | undefined;
  private value: CloudFileContent;

  constructor(dataDir: string | undefined) {
    this.file = dataDir === undefined ? undefined : path.join(dataDir, "cloud.json");
    const exists = this.file !== undefined && existsSync(this.file);
    this.value = exists ? schema.parse(JSON.parse(readFileSync(this.file, "utf8"))) : fresh();
    if (!exists) this.update({});
  }

  get content(): CloudFileContent {
    return this.value;
  }

  update(change: Partial<CloudFileContent>): void {
    this.value = { ...this.value, ...change };
    if (this.file !== undefined) writeFileAtomically(this.file, `${JSON.stringify(this.value, null, 1)}\n`, 0o600);
  }
}

function fresh(): CloudFileContent {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const tail = Array.from({ length: 11 }, () => letters.charAt(randomInt(letters.length))).join("");
  return {
    sealingKey: randomBytes(32).toString("base64"),
    controlToken: randomBytes(24).toString("base64url"),
    clockAheadBy: 0,
    ports: { http: 0, https: 0 },
    defaultAccount: {
      id: "111122223333",
      accessKeyId: `AKIALOCAL${tail}`,
      secretAccessKey: randomBytes(30).toString("base64"),
    },
  };
}
