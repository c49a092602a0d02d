import type { VersionRef } from "./ports/custodian";

/**
 * KeyMaterialDescription of a version that was added to a KMS key by a rotation in place. It tells which version waits there after a
 * run that died in between; who may describe the key may read it.
 */
export const materialDescription = ({ owner, version }: VersionRef): string => `pulumi-byok v${version} of ${owner}`;
