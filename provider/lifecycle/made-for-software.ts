import { mayLeaveInClear } from "../model/owner";
import type { CheckFailure } from "./contract";
import type { AzureKeyMaterialInputs } from "./inputs/key-material";

/** What may leave in clear gets no copy in hardware, which would be worth no more than the one in software. */
export const madeForSoftware = ({
  material,
}: {
  readonly material: AzureKeyMaterialInputs;
}): readonly CheckFailure[] =>
  "source" in material && mayLeaveInClear(material.source.owner)
    ? [
        {
          property: "material.source",
          reason: `${material.source.name} was made to leave its token in clear (plaintextExport: true), and hardware would protect this copy. Copy a SourceKey that was made without it.`,
        },
      ]
    : [];
