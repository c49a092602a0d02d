/** Editors and commands end their text with a newline that is no part of the secret; it is removed once. */
export const withoutLastNewline = (text: string): string => text.replace(/\r?\n$/, "");
