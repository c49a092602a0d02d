import { misuse } from "./misuse";

const found = new Set<string>();

/**
 * The provider process looks for this package from the project's folder, and not from where the program found it: a package
 * that is merely somebody else's dependency is not found there. Better said before anything is registered.
 */
export function requireInstalled(kind: string, name: string): void {
  const folder = process.cwd();
  if (found.has(folder)) return;
  for (const wanted of ["pulumi-byok/provider", "@pulumi/pulumi/cmd/dynamic-provider"]) {
    try {
      require.resolve(wanted, { paths: [folder] });
    } catch {
      const [scope, second] = wanted.split("/");
      const missing = scope?.startsWith("@") === true ? `${scope}/${String(second)}` : scope;
      throw misuse(
        kind,
        name,
        `Pulumi's provider process looks for ${String(missing)} from the project folder ${folder}, and it is not there. Run in that folder: npm install ${String(missing)}`,
      );
    }
  }
  found.add(folder);
}
