/** Variables with which the SDKs would be sent elsewhere; every connection names all of that itself. */
const overrides = ["AZURE_AUTHORITY_HOST", "AZURE_REGIONAL_AUTHORITY_NAME"];

/** One line for the user about everything that would have redirected a sign-in and was ignored; empty where there is nothing. */
export function ignoredAzureOverrides(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const names = overrides.filter((name) => env[name]);
  if (names.length === 0) return [];
  return [
    `${names.join(", ")} ${names.length === 1 ? "is" : "are"} ignored: only the group's own cloud and endpoint decide where it signs in.`,
  ];
}
