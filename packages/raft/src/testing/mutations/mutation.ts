/** A defect put into the core, the driver or the storage on purpose, to see whether the simulator notices. */
export interface Mutation {
  /** Short and stable. */
  readonly id: string;
  /** What is wrong, and where it comes from. */
  readonly what: string;
  /** File, relative to `core/`. */
  readonly file: string;
  /** Text that must be in the file exactly once. */
  readonly find: string;
  readonly replace: string;
}

/** The text with the defect. Throws TypeError unless the place is there exactly once. */
export function mutate(source: string, { id, find, replace }: Mutation): string {
  const parts = source.split(find);
  if (parts.length !== 2)
    throw new TypeError(`mutation ${id}: its place must be there once, is ${parts.length - 1} times`);
  return parts.join(replace);
}
