import type * as pulumi from "@pulumi/pulumi";
import { misuse, propertyOf, wrongResource } from "./misuse";
import { SourceGroup } from "./source-group";
import { SourceKey } from "./source-key";

/** The material of a key, with the resources that it names as what is carried of them. */
export function unpackedMaterial(kind: string, name: string, material: unknown): pulumi.Inputs {
  if (typeof material !== "object" || material === null)
    throw misuse(kind, name, "material is required: { source }, { file, encoding, spec, kek } or { native: true }.");
  const carried = (property: string, wanted: "SourceKey" | "SourceGroup"): pulumi.Inputs => {
    const value = propertyOf(material, property);
    if (value === undefined) return {};
    if (!(value instanceof (wanted === "SourceKey" ? SourceKey : SourceGroup)))
      throw wrongResource(kind, name, `material.${property}`, wanted, value);
    return { [property]: value.carried };
  };
  const isCopy = "source" in material || !("file" in material || "native" in material || "byok" in material);
  if (isCopy && !(propertyOf(material, "source") instanceof SourceKey))
    throw wrongResource(kind, name, "material.source", "SourceKey", propertyOf(material, "source"));
  return {
    ...material,
    ...carried("source", "SourceKey"),
    ...carried("kek", "SourceKey"),
    ...carried("group", "SourceGroup"),
  };
}
