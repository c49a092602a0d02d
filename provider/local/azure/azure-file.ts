import { generateKeyPair, randomBytes, randomUUID } from "node:crypto";
import path from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { StateFile } from "../store/state-file";

const schema = z.object({
  /** Seals backups. */
  sealingKey: z.string(),
  controlToken: z.string(),
  clockAheadBy: z.number(),
  /** By the name of the listener. */
  ports: z.record(z.string(), z.number()),
  /** Of a cloud that was started without tenants or subscriptions. */
  tenantId: z.string(),
  clientId: z.string(),
  clientSecret: z.string(),
  subscriptionId: z.string(),
  /** PKCS#8 (PEM) of the key that signs access tokens; empty until it is made. */
  tokenKey: z.string(),
});

type AzureFileContent = z.infer<typeof schema>;

/** What the local Azure keeps about itself. */
export class AzureFile extends StateFile<AzureFileContent> {
  constructor(folder: string | undefined) {
    super(folder === undefined ? undefined : path.join(folder, "cloud.json"), schema, fresh);
  }

  /** The key that signs access tokens, made at the first start. */
  async tokenKey(): Promise<string> {
    if (this.content.tokenKey === "") {
      const { privateKey } = await promisify(generateKeyPair)("rsa", { modulusLength: 2048 });
      this.update({ tokenKey: privateKey.export({ format: "pem", type: "pkcs8" }).toString() });
    }
    return this.content.tokenKey;
  }
}

function fresh(): AzureFileContent {
  return {
    sealingKey: randomBytes(32).toString("base64"),
    controlToken: randomBytes(24).toString("base64url"),
    clockAheadBy: 0,
    ports: {},
    tenantId: randomUUID(),
    clientId: randomUUID(),
    clientSecret: randomBytes(30).toString("base64url"),
    subscriptionId: randomUUID(),
    tokenKey: "",
  };
}
