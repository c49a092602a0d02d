const REPLACEMENT = "[redacted]";

/** Shorter secrets are replaced only where they stand alone: a PIN of four digits also occurs in dates and account numbers. */
const FREE_STANDING_BELOW = 8;

/**
 * The last line of defence for messages: knows the secrets that this process resolved and takes them out of every text
 * that leaves it. Messages are written so that there is nothing to take out.
 */
export class Redactor {
  private readonly secrets = new Set<string>();

  /** Remembers a secret for the life of the process, also as it looks when encoded. */
  remember(secret: string): void {
    for (const value of [secret, secret.trim()]) {
      if (value === "") continue;
      this.secrets.add(value);
      this.secrets.add(encodeURIComponent(value));
      this.secrets.add(JSON.stringify(value).slice(1, -1));
      this.secrets.add(Buffer.from(value, "utf8").toString("base64"));
      this.secrets.add(Buffer.from(value, "utf8").toString("hex"));
    }
  }

  /** The text without any remembered secret. */
  redact(text: string): string {
    // Longest first: a secret may contain another one.
    return [...this.secrets].sort((a, b) => b.length - a.length).reduce(without, text);
  }
}

function without(text: string, secret: string): string {
  if (!text.includes(secret)) return text;
  if (secret.length >= FREE_STANDING_BELOW) return text.replaceAll(secret, REPLACEMENT);
  const literal = secret.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return text.replace(new RegExp(`(?<![\\p{L}\\p{N}])${literal}(?![\\p{L}\\p{N}])`, "gu"), REPLACEMENT);
}
