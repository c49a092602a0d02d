/** Matches a text that holds another; the matcher itself is typed as anything. */
export const saying = (text: string): unknown => expect.stringContaining(text);
