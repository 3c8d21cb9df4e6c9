import type { Checker, ServerView } from './checker.ts';
import { must } from './violation.ts';

/** I4: whatever was committed in earlier terms is in the log of every later leader (raft 5.4). */
export class LeaderCompleteness implements Checker {
  readonly name = 'I4 leader completeness';
  /** By index: term of the entry, and the lowest term in which a leader is known to have committed it. */
  readonly #terms: (number | undefined)[] = [];
  readonly #committedIn: number[] = [];
  #highest = 0;

  committed(server: ServerView): void {
    for (let index = server.commit; index >= server.firstIndex; index--) {
      const known = this.#committedIn[index];
      if (known !== undefined && known <= server.term) break;
      this.#committedIn[index] = server.term;
      this.#terms[index] = server.termAt(index);
    }
    if (server.commit > this.#highest) this.#highest = server.commit;
  }

  becameLeader(server: ServerView): void {
    for (let index = this.#highest; index >= server.firstIndex; index--) {
      const committedIn = this.#committedIn[index];
      if (committedIn === undefined || committedIn >= server.term) continue;
      const term = server.termAt(index);
      must(
        term === this.#terms[index],
        this.name,
        () =>
          `${server.id} leads term ${server.term} without entry ${index} of term ${this.#terms[index]}, has ${term}`,
      );
      // Logs that match here match in everything before.
      break;
    }
  }
}
