/** A list of texts in a record, such as `aliases` or `pending` of recorded outputs; empty where there is none. */
export const textList = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : []);
