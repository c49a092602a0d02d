import type { Attribute, Handle, Session } from "./cryptoki";

/** Handles asked for at a time. */
const batch = 256;

/** All objects that match a template. */
export function findObjects({ cryptoki, handle }: Session, template: Attribute[]): readonly Handle[] {
  cryptoki.C_FindObjectsInit(handle, template);
  const found: Handle[] = [];
  try {
    for (;;) {
      const some = cryptoki.C_FindObjects(handle, batch);
      if (some.length === 0) return found;
      found.push(...some);
    }
  } finally {
    cryptoki.C_FindObjectsFinal(handle);
  }
}
