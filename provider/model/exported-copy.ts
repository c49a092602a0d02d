import { azureKeyId } from "./azure-key-name";

const mark = "#byok-file";

/** What the token remembers of a `.byok` file: the key that it is meant for, and that no run of this package put it there. */
export const exportedCopyId = (vaultUrl: string, keyName: string): string => `${azureKeyId(vaultUrl, keyName)}${mark}`;

/** True for a link to a `.byok` file, which no deletion in a cloud ends. */
export const isExportedCopy = (cloudId: string): boolean => cloudId.endsWith(mark);

/** The key that a link is about. */
export const keyOfCopy = (cloudId: string): string =>
  isExportedCopy(cloudId) ? cloudId.slice(0, -mark.length) : cloudId;
