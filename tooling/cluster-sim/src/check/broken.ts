/** A promise was broken. Named as in the list of invariants. */
export class Broken extends Error {
  readonly invariant: string;

  constructor(invariant: string, what: string) {
    super(`${invariant}: ${what}`);
    this.name = 'Broken';
    this.invariant = invariant;
  }
}

/** Throws {@link Broken} unless `condition` holds. `what` is made only then. */
export function must(condition: boolean, invariant: string, what: () => string): void {
  if (!condition) throw new Broken(invariant, what());
}
