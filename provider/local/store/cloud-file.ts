import { randomBytes, randomInt } from "node:crypto";
import path from "node:path";
import { z } from "zod";
import { StateFile } from "./state-file";

const schema = z.object({
  /** Seals import tokens. */
  sealingKey: z.string(),
  controlToken: z.string(),
  clockAheadBy: z.number(),
  ports: z.object({ http: z.number(), https: z.number() }),
  /** The account of a cloud that was started without accounts. */
  defaultAccount: z.object({ id: z.string(), accessKeyId: z.string(), secretAccessKey: z.string() }),
});

type CloudFileContent = z.infer<typeof schema>;

/** What the local AWS keeps about itself. */
export class CloudFile extends StateFile<CloudFileContent> {
  constructor(dataDir: string | undefined) {
    super(dataDir === undefined ? undefined : path.join(dataDir, "cloud.json"), schema, fresh);
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
