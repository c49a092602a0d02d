import { conditionsHold } from "../../provider/local/policy/conditions";
import { matchesWildcard } from "../../provider/local/policy/match";

const context = new Map<string, readonly string[]>([
  ["aws:principalarn", ["arn:aws:iam::111122223333:role/deploy"]],
  ["aws:sourceip", ["127.0.0.1"]],
  ["aws:securetransport", ["false"]],
  ["aws:currenttime", ["2026-06-01T00:00:00.000Z"]],
  ["kms:schedulekeydeletionpendingwindowindays", ["30"]],
  ["aws:tagkeys", ["a", "b"]],
]);

describe("a condition", () => {
  it.each([
    [{ StringEquals: { "aws:PrincipalArn": ["arn:aws:iam::111122223333:role/deploy"] } }, true],
    [{ StringEquals: { "AWS:PRINCIPALARN": ["arn:aws:iam::111122223333:role/deploy"] } }, true],
    [{ StringNotEquals: { "aws:PrincipalArn": ["arn:aws:iam::111122223333:role/deploy"] } }, false],
    [{ StringNotEquals: { "aws:Missing": ["x"] } }, true],
    [{ StringEquals: { "aws:Missing": ["x"] } }, false],
    [{ StringEqualsIfExists: { "aws:Missing": ["x"] } }, true],
    [{ StringLike: { "aws:PrincipalArn": ["*role/d?ploy"] } }, true],
    [{ ArnLike: { "aws:PrincipalArn": ["arn:aws:iam::*:role/*"] } }, true],
    [{ ArnNotLike: { "aws:PrincipalArn": ["arn:aws:iam::*:user/*"] } }, true],
    [{ StringEqualsIgnoreCase: { "aws:PrincipalArn": ["ARN:AWS:IAM::111122223333:ROLE/DEPLOY"] } }, true],
    [{ Bool: { "aws:SecureTransport": ["true"] } }, false],
    [{ Null: { "aws:Missing": ["true"] } }, true],
    [{ Null: { "aws:SourceIp": ["true"] } }, false],
    [{ IpAddress: { "aws:SourceIp": ["127.0.0.0/8"] } }, true],
    [{ IpAddress: { "aws:SourceIp": ["10.0.0.0/8"] } }, false],
    [{ NotIpAddress: { "aws:SourceIp": ["10.0.0.0/8"] } }, true],
    [{ DateLessThan: { "aws:CurrentTime": ["2026-07-01T00:00:00Z"] } }, true],
    [{ DateGreaterThan: { "aws:CurrentTime": ["2026-07-01T00:00:00Z"] } }, false],
    [{ NumericGreaterThanEquals: { "kms:ScheduleKeyDeletionPendingWindowInDays": ["30"] } }, true],
    [{ NumericLessThan: { "kms:ScheduleKeyDeletionPendingWindowInDays": ["30"] } }, false],
    [{ "ForAllValues:StringEquals": { "aws:TagKeys": ["a", "b", "c"] } }, true],
    [{ "ForAllValues:StringEquals": { "aws:TagKeys": ["a"] } }, false],
    [{ "ForAllValues:StringEquals": { "aws:Missing": ["a"] } }, true],
    [{ "ForAnyValue:StringEquals": { "aws:TagKeys": ["b", "c"] } }, true],
    [{ "ForAnyValue:StringEquals": { "aws:Missing": ["b"] } }, false],
    [{ Bool: { "aws:SecureTransport": ["false"] }, StringEquals: { "aws:SourceIp": ["no"] } }, false],
    [{ SomethingNew: { "aws:SourceIp": ["127.0.0.1"] } }, false],
    [undefined, true],
  ])("%j holds: %s", (conditions, holds) => {
    expect(conditionsHold(conditions, context)).toBe(holds);
  });
});

describe("a wildcard", () => {
  it.each([
    ["kms:*", "kms:Encrypt", true],
    ["kms:Re?ncrypt*", "kms:ReEncryptFrom", true],
    ["kms:Encrypt", "kms:EncryptMore", false],
    ["a.c", "abc", false],
    ["alias/(x)", "alias/(x)", true],
  ])("%s matches %s: %s", (pattern, value, matches) => {
    expect(matchesWildcard(pattern, value)).toBe(matches);
  });
});
