import type { Handle } from "./cryptoki";

/** The objects of one key: a secret key, or both halves of a pair. */
export interface KeyObjects {
  readonly id: string;
  /** The secret or private key. */
  readonly key: Handle;
  /** The public half of a pair. */
  readonly publicKey?: Handle;
}

/** Remembers handles by CKA_ID, because finding an object is linear in the number of objects on some tokens. */
export class KeyHandles {
  private readonly known = new Map<string, KeyObjects>();

  get(id: string): KeyObjects | undefined {
    return this.known.get(id);
  }

  set(objects: KeyObjects): void {
    this.known.set(objects.id, objects);
  }

  forget(id: string): void {
    this.known.delete(id);
  }

  clear(): void {
    this.known.clear();
  }
}
