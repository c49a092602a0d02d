import { type HttpAnswer, plainJson } from "../http/outcome";

interface AzureErrorDetails {
  /** The code of `innererror`, by which clients tell refusals of one status apart. */
  readonly inner?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal of Key Vault or Resource Manager: a status, a code and a text. */
export class AzureError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: AzureErrorDetails = {},
  ) {
    super(message);
    this.name = "AzureError";
  }

  toAnswer(): HttpAnswer {
    const { inner, headers } = this.details;
    const error = {
      code: this.code,
      message: this.message,
      ...(inner === undefined ? {} : { innererror: { code: inner } }),
    };
    return plainJson({ error }, this.status, headers);
  }
}

export const badParameter = (message: string): AzureError => new AzureError(400, "BadParameter", message);

export const keyNotFound = (name: string): AzureError =>
  new AzureError(
    404,
    "KeyNotFound",
    `A key with (name/id) ${name} was not found in this key vault. If you recently deleted this key you may be able to recover it using the correct recovery command.`,
  );

export const forbidden = (message: string, inner?: string): AzureError =>
  new AzureError(403, "Forbidden", message, inner === undefined ? {} : { inner });

export const conflict = (message: string, inner?: string): AzureError =>
  new AzureError(409, "Conflict", message, inner === undefined ? {} : { inner });
