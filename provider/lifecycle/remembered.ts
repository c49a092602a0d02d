import type { PlainRecord } from "./contract";

/**
 * Outputs after an update that had nothing to do but to remember its inputs. An input that the program names no more is forgotten: what stays would be a difference
 * for ever.
 *
 * @param names - of all inputs that the kind knows
 */
export const remembered = (olds: PlainRecord, inputs: PlainRecord, names: readonly string[]): PlainRecord => ({
  ...Object.fromEntries(Object.entries(olds).filter(([name]) => !names.includes(name))),
  ...inputs,
});
