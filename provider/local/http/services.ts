import { AwsError } from "../aws-error";
import type { ReceivedRequest } from "./request";

/** The signing names of the services that this cloud speaks. */
export type ServiceName = "kms" | "sts" | "tagging" | "iam";

export interface Target {
  readonly service: ServiceName;
  readonly operation: string;
}

const jsonTargets: readonly (readonly [string, ServiceName])[] = [
  ["TrentService.", "kms"],
  ["ResourceGroupsTaggingAPI_20170126.", "tagging"],
];

/** The query services, by the version of their API. */
const queryServices: ReadonlyMap<string, ServiceName> = new Map([
  ["2011-06-15", "sts"],
  ["2010-05-08", "iam"],
]);

/** True for a service whose requests are forms and whose answers are XML. */
export const isQueryService = (service: ServiceName | undefined): boolean => service === "sts" || service === "iam";

/** Which service and operation a request is for: a JSON service names it in a header, a query service in the body. */
export function targetOf(request: ReceivedRequest): Target {
  const header = request.headers.get("x-amz-target");
  if (header !== undefined) {
    const found = jsonTargets.find(([prefix]) => header.startsWith(prefix));
    if (found === undefined) throw new AwsError("UnknownOperationException", "", 400);
    return { service: found[1], operation: header.slice(found[0].length) };
  }
  const form = new URLSearchParams(request.method === "GET" ? request.query : request.body.toString("utf8"));
  const operation = form.get("Action");
  const service = queryServices.get(form.get("Version") ?? "");
  if (operation !== null && service !== undefined) return { service, operation };
  throw new AwsError("UnknownOperationException", "", 404);
}
