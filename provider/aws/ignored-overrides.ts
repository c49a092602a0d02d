import type { AwsConnection } from "../model/aws-connection";
import { ignoredEndpointOverrides } from "./endpoint-overrides";

/** One line for the user about everything that would have redirected AWS calls and was ignored; empty where there is nothing. */
export function ignoredOverrides(
  connection: Pick<AwsConnection, "credentials">,
  env: NodeJS.ProcessEnv = process.env,
): readonly string[] {
  const names = ignoredEndpointOverrides(connection, env);
  if (names.length === 0) return [];
  return [
    `${names.join(", ")} ${names.length === 1 ? "is" : "are"} ignored: only the group's own endpoint setting decides where keys are copied to.`,
  ];
}
