import { mayLeaveInClear } from "../../model/owner";
import { madeForSoftware } from "../made-for-software";
import type { CheckFailure } from "../contract";
import type { AzureKeyInputs } from "../inputs/azure-key-inputs";

/** True where the material of ours would travel in clear: Azure has no wrapped import for keys that software protects. */
export const travelsInClear = ({ material, protection }: Pick<AzureKeyInputs, "material" | "protection">): boolean =>
  protection === "software" && !("native" in material || "byok" in material);

/** What has to be written down before material travels in clear, and what never does. */
export function clearImportFailures(inputs: AzureKeyInputs): readonly CheckFailure[] {
  const { material, allowPlaintext } = inputs;
  if ("byok" in material && inputs.protection === "software")
    return [
      {
        property: "protection",
        reason:
          'is "software", and a .byok file is opened by hardware alone. Write "hsm", in a group with tier "premium" or "managed-hsm".',
      },
    ];
  if (!travelsInClear(inputs))
    return [
      ...madeForSoftware(inputs),
      ...(allowPlaintext === undefined
        ? []
        : [
            {
              property: "allowPlaintext",
              reason: `is for material of yours with protection: "software"; here ${"native" in material ? "Azure makes the key" : "it travels wrapped"}. Remove it.`,
            },
          ]),
    ];
  if ("file" in material) {
    if (material.kek !== undefined)
      return [
        {
          property: "protection",
          reason:
            'is "software", for which Azure takes material in clear only, and a file under a key-encryption key is in clear in the token alone. Write "hsm" (premium vault or Managed HSM).',
        },
      ];
    if (material.keepInToken === true)
      return [
        {
          property: "material.keepInToken",
          reason:
            "keeps the key in the token as one that hardware protects, and this copy travels in clear. Remove it.",
        },
      ];
    return allowPlaintext === true ? [] : [notWrittenDown(["allowPlaintext: true on this key"])];
  }
  const missing = [
    ...(allowPlaintext === true ? [] : ["allowPlaintext: true on this key"]),
    ...("source" in material && !mayLeaveInClear(material.source.owner)
      ? [`plaintextExport: true on a new SourceKey in place of ${material.source.name}`]
      : []),
  ];
  if (missing.length > 0) return [notWrittenDown(missing)];
  return [];
}

const notWrittenDown = (missing: readonly string[]): CheckFailure => ({
  property: "protection",
  reason: `is "software", and Azure takes such material in clear only: within TLS, but readable by this machine and the vault. If that is meant, write ${missing.join(", and ")}. Better: a premium vault or a Managed HSM with protection: "hsm"; or let Azure make the key: material: { native: true, spec }.`,
});

/** Said when material is about to travel. */
export const clearImportWarning =
  "its material leaves the token in clear: a process of its own sends it to the vault within TLS and ends. Whoever reads that process's memory, or the vault, has the key; software protects it there.";
