/** A label as the custodian writes it. */
export const markedLabel = (name: string, owner = "0123456789abcdef0123456789abcdef"): string =>
  `${name} v1 byok:${owner}`;
