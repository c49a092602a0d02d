import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { z } from "zod";
import { AwsError } from "../aws-error";
import { wrappingAlgorithms } from "./key-specs";

const contentSchema = z.object({
  keyArn: z.string(),
  wrappingKeyId: z.string(),
  algorithm: z.enum(wrappingAlgorithms),
  validTo: z.number(),
  nonce: z.string(),
});

export type ImportTokenContent = Omit<z.infer<typeof contentSchema>, "nonce">;

const ivLength = 12;
const tagLength = 16;

/**
 * Import tokens: what GetParametersForImport decided, sealed under a key of this cloud. Nothing is kept between the two
 * calls, so any number of tokens of one KMS key are valid at a time, also after a restart.
 */
export class ImportTokens {
  constructor(private readonly sealingKey: Buffer) {}

  seal(content: ImportTokenContent): Buffer {
    const iv = randomBytes(ivLength);
    const cipher = createCipheriv("aes-256-gcm", this.sealingKey, iv);
    const text = JSON.stringify({ ...content, nonce: randomBytes(16).toString("hex") });
    const sealed = Buffer.concat([cipher.update(text, "utf8"), cipher.final()]);
    return Buffer.concat([iv, cipher.getAuthTag(), sealed]);
  }

  /** Opens the token that came with material for the key; garbage and tokens of other keys are the same error. */
  open(token: Buffer, keyArn: string, now: number): ImportTokenContent {
    const content = this.unseal(token);
    if (content?.keyArn !== keyArn) throw new AwsError("InvalidImportTokenException");
    if (content.validTo <= now) throw new AwsError("ExpiredImportTokenException");
    return content;
  }

  private unseal(token: Buffer): ImportTokenContent | undefined {
    if (token.length <= ivLength + tagLength) return undefined;
    try {
      const decipher = createDecipheriv("aes-256-gcm", this.sealingKey, token.subarray(0, ivLength));
      decipher.setAuthTag(token.subarray(ivLength, ivLength + tagLength));
      const text = Buffer.concat([decipher.update(token.subarray(ivLength + tagLength)), decipher.final()]);
      return contentSchema.parse(JSON.parse(text.toString("utf8")));
    } catch {
      return undefined;
    }
  }
}
