import type { PlainRecord } from "../contract";
import type { AwsKmsKeyInputs } from "../inputs/aws-kms-key-inputs";

/** True where this run leaves the key disabled: by its program, or because an adopted key stays as it was found where the program does not say. */
export const staysDisabled = (inputs: Pick<AwsKmsKeyInputs, "enabled">, before: PlainRecord): boolean =>
  (inputs.enabled ?? (before["adopted"] === true ? before["enabled"] : undefined)) === false;
