import type { Checker, ServerView } from './checker.ts';
import { must } from './violation.ts';

/** I19: a new leader appends an entry of its own term at once: with it, it commits what it inherits (raft 5.4.2, 8). */
export class OwnEntry implements Checker {
  readonly name = 'I19 own entry';

  becameLeader(server: ServerView): void {
    const { id, term, lastIndex } = server;
    const last = server.termAt(lastIndex);
    must(last === term, this.name, () => `${id} leads term ${term}, its last entry is of term ${last}`);
  }
}
