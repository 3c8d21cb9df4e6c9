import { DkronError } from '@dkron/runtime';

/** What a {@link Violation} carries. */
export interface ViolationDetails {
  readonly checker: string;
}

/** An invariant does not hold: the algorithm, or what it was run with, is wrong. */
export class Violation extends DkronError<'RAFT_SIM_VIOLATION', ViolationDetails> {
  constructor(checker: string, what: string) {
    super('RAFT_SIM_VIOLATION', `${checker}: ${what}`, { checker });
  }
}

/** Throws {@link Violation} unless `condition` holds. `what` is made only then. */
export function must(condition: boolean, checker: string, what: () => string): void {
  if (!condition) throw new Violation(checker, what());
}
