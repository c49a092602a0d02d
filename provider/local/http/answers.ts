import { randomUUID } from "node:crypto";
import type { AwsError } from "../aws-error";
import type { HttpAnswer } from "./outcome";
import { isQueryService, type ServiceName } from "./services";

export function jsonAnswer(body: unknown, status = 200): HttpAnswer {
  return { status, headers: jsonHeaders(), body: JSON.stringify(body) };
}

export function xmlAnswer(body: string, requestId: string, status = 200): HttpAnswer {
  return { status, headers: { "content-type": "text/xml", "x-amzn-requestid": requestId }, body };
}

/** An error in the form of the service's protocol. An error without a text has no member for it (recorded). */
export function errorAnswer(error: AwsError, service: ServiceName | undefined): HttpAnswer {
  if (service !== undefined && isQueryService(service)) {
    const namespace = service === "sts" ? "sts.amazonaws.com/doc/2011-06-15" : "iam.amazonaws.com/doc/2010-05-08";
    const id = randomUUID();
    const fields = `<Type>Sender</Type><Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message>`;
    const answer = xmlAnswer(
      `<ErrorResponse xmlns="https://${namespace}/"><Error>${fields}</Error><RequestId>${id}</RequestId></ErrorResponse>`,
      id,
      error.status,
    );
    return { ...answer, headers: { ...answer.headers, ...retryHeader(error) } };
  }
  const body = error.message === "" ? { __type: error.code } : { __type: error.code, message: error.message };
  const headers = { ...jsonHeaders(), ...retryHeader(error) };
  return { status: error.status, headers, body: JSON.stringify(body) };
}

function retryHeader({ retryAfter }: AwsError): Record<string, string> {
  return retryAfter === undefined ? {} : { "retry-after": String(retryAfter) };
}

export function escapeXml(text: string): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

function jsonHeaders(): Record<string, string> {
  return {
    "content-type": "application/x-amz-json-1.1",
    "x-amzn-requestid": randomUUID(),
    "cache-control": "no-cache, no-store",
  };
}
