import { z } from "zod";
import { azureClouds } from "../../model/azure-clouds";
import { azureTiers } from "../../model/azure-connection";
import { azureDateFault } from "../../model/azure-dates";
import { azureKeyOperations } from "../../model/azure-key-type";
import { azureTagFaults } from "../../model/azure-tags";
import { wrappingKeySizes } from "../../model/ports/key-vault";
import { credentialReference } from "./shared-shapes";

const guid = (what: string): z.ZodType<string> =>
  z.string().regex(/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/, {
    error: (issue) =>
      `${JSON.stringify(issue.input)} is no ${what}: a GUID such as 01234567-89ab-cdef-0123-456789abcdef.`,
  });

export const tenantSchema = guid("tenant id");
export const subscriptionSchema = guid("subscription id");
const clientSchema = guid("client id");

export const cloudSchema = z.enum(azureClouds, {
  error: (issue) => `${JSON.stringify(issue.input)} is no cloud. Choose one of ${azureClouds.join(", ")}.`,
});
export const tierSchema = z.enum(azureTiers, {
  error: (issue) => `${JSON.stringify(issue.input)} is no tier. Choose one of ${azureTiers.join(", ")}.`,
});

const httpsUrl = z.string().refine(
  (text) => {
    if (!URL.canParse(text)) return false;
    const { protocol, username, password, search, hash } = new URL(text);
    return protocol === "https:" && [username, password, search, hash].every((part) => part === "");
  },
  { error: "must be an https:// URL without user, password or query." },
);

export const azureEndpointSchema = z.strictObject({
  authority: httpsUrl.optional(),
  resourceManager: httpsUrl.optional(),
});

/** `https://HOST[:PORT]`: everything after the host is refused, but for one slash. */
export const vaultUrlSchema = httpsUrl.refine((text) => !URL.canParse(text) || new URL(text).pathname === "/", {
  error: "must end with the host, such as https://payments.vault.azure.net.",
});

export const azureCredentialsSchema = z.union([
  z.strictObject({ clientId: clientSchema, clientSecret: credentialReference }),
  z.strictObject({ clientId: clientSchema, clientCertificateFile: z.string().min(1) }),
  z.strictObject({
    workloadIdentity: z.strictObject({ clientId: clientSchema.optional(), tokenFile: z.string().min(1).optional() }),
  }),
  z.strictObject({ managedIdentity: z.strictObject({ clientId: clientSchema.optional() }) }),
]);

export const azureTagsSchema = z.record(z.string(), z.string()).superRefine((set, issues) => {
  for (const { key, reason } of azureTagFaults(set))
    issues.addIssue({ code: "custom", path: key === "" ? [] : [key], message: reason });
});

export const azureDateSchema = z.string().superRefine((text, issues) => {
  const message = azureDateFault(text);
  if (message !== undefined) issues.addIssue({ code: "custom", message });
});

/** What the texts are to be is checked with the group's tier: a policy that somebody else set is told in the same form. */
export const azureRotationSchema = z.strictObject({
  rotateAfter: z.string().optional(),
  expiresAfter: z.string().optional(),
  notifyBefore: z.string().optional(),
});

export const protectionSchema = z.enum(["software", "hsm"]);

export const operationsSchema = z
  .array(
    z.enum(azureKeyOperations, {
      error: (issue) =>
        `${JSON.stringify(issue.input)} is no operation of a copied key. Choose from ${azureKeyOperations.join(", ")}.`,
    }),
  )
  .min(1);

/** The wrapping key under which material travels. */
export const kekSchema = z.strictObject({
  size: z.union(wrappingKeySizes.map((size) => z.literal(size))).default(4096),
  lifetime: z.enum(["group", "import"]).default("group"),
});

/** A wrapping key as its group pins it. */
export const pinnedWrappingKeySchema = z.strictObject({
  id: z.string(),
  publicKeySha256: z.string().regex(/^[0-9a-f]{64}$/),
});
