import { BlockList, isIPv6 } from "node:net";
import type { PolicyStatement } from "./document";
import { matchesWildcard } from "./match";

/** What is known about a request, by condition key in lower case; condition keys ignore case. */
export type ConditionContext = ReadonlyMap<string, readonly string[]>;

type Test = (asked: string, actual: string) => boolean;

const numeric =
  (compare: (a: number, b: number) => boolean): Test =>
  (asked, actual) =>
    compare(Number(actual), Number(asked));
const dated =
  (compare: (a: number, b: number) => boolean): Test =>
  (asked, actual) =>
    compare(moment(actual), moment(asked));

const equal = (a: number, b: number): boolean => a === b;
const less = (a: number, b: number): boolean => a < b;
const atMost = (a: number, b: number): boolean => a <= b;
const more = (a: number, b: number): boolean => a > b;
const atLeast = (a: number, b: number): boolean => a >= b;

/** IAM JSON policy elements, "Condition operators". The negated ones are derived below. */
const tests: Readonly<Record<string, Test>> = {
  StringEquals: (asked, actual) => asked === actual,
  StringEqualsIgnoreCase: (asked, actual) => asked.toLowerCase() === actual.toLowerCase(),
  StringLike: (asked, actual) => matchesWildcard(asked, actual),
  ArnEquals: (asked, actual) => matchesWildcard(asked, actual),
  ArnLike: (asked, actual) => matchesWildcard(asked, actual),
  Bool: (asked, actual) => asked.toLowerCase() === actual.toLowerCase(),
  NumericEquals: numeric(equal),
  NumericLessThan: numeric(less),
  NumericLessThanEquals: numeric(atMost),
  NumericGreaterThan: numeric(more),
  NumericGreaterThanEquals: numeric(atLeast),
  DateEquals: dated(equal),
  DateLessThan: dated(less),
  DateLessThanEquals: dated(atMost),
  DateGreaterThan: dated(more),
  DateGreaterThanEquals: dated(atLeast),
  IpAddress: inNetwork,
};

const negations: Readonly<Record<string, string>> = {
  StringNotEquals: "StringEquals",
  StringNotEqualsIgnoreCase: "StringEqualsIgnoreCase",
  StringNotLike: "StringLike",
  ArnNotEquals: "ArnEquals",
  ArnNotLike: "ArnLike",
  NumericNotEquals: "NumericEquals",
  DateNotEquals: "DateEquals",
  NotIpAddress: "IpAddress",
};

/** Whether every condition of a statement holds. An operator that is unknown holds for nothing. */
export function conditionsHold(conditions: PolicyStatement["Condition"], context: ConditionContext): boolean {
  return Object.entries(conditions ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, asked]) => holds(operator, asked, context.get(key.toLowerCase()))),
  );
}

function holds(operator: string, asked: readonly string[], actual: readonly string[] | undefined): boolean {
  if (operator === "Null") return asked.some((value) => (value.toLowerCase() === "true") === (actual === undefined));
  const parts = /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(operator);
  const [, set, name, ifExists] = parts ?? [];
  if (name === undefined) return false;
  const negated = negations[name];
  const test = tests[negated ?? name];
  if (test === undefined) return false;
  if (actual === undefined || actual.length === 0) {
    return set === "ForAllValues" || ifExists !== undefined || (negated !== undefined && set !== "ForAnyValue");
  }
  const one = (value: string): boolean => {
    const found = asked.some((wanted) => test(wanted, value));
    return negated === undefined ? found : !found;
  };
  return set === "ForAnyValue" ? actual.some(one) : actual.every(one);
}

function moment(value: string): number {
  return /^\d+(\.\d+)?$/.test(value) ? Number(value) * 1000 : Date.parse(value);
}

function inNetwork(asked: string, actual: string): boolean {
  const [network, prefix] = asked.split("/");
  if (network === undefined) return false;
  const family = isIPv6(network) ? "ipv6" : "ipv4";
  const list = new BlockList();
  try {
    list.addSubnet(network, Number(prefix ?? (family === "ipv6" ? 128 : 32)), family);
  } catch {
    return false;
  }
  return list.check(actual, isIPv6(actual) ? "ipv6" : "ipv4");
}
