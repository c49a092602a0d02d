/** Where the values of references come from. */
export interface ReferenceContext {
  /** Values of `config:` references, by `NAMESPACE:KEY`. */
  readonly configValues: Readonly<Record<string, string>>;
  /** Environment of `env:` and `exec:` references; the process's own by default. */
  readonly env?: NodeJS.ProcessEnv | undefined;
}
