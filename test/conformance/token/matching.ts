// The asymmetric matchers of jest are typed `any`; these are not.

export const containing = (text: string): unknown => expect.stringContaining(text);
export const notContaining = (text: string): unknown => expect.not.stringContaining(text);
export const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);
