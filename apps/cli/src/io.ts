/** What a command may touch of the outside; tests give their own. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingFolder: string;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly stdin: () => Promise<string>;
  /** Ends what follows something, such as `job logs --follow`; absent = nothing does. */
  readonly signal?: AbortSignal;
}
