import type { Checker, ServerView } from './checker.ts';
import { must } from './violation.ts';

/** I13: a read is answered with an index no lower than any leader's commit index when it was asked for. */
export class Reads implements Checker {
  readonly name = 'I13 reads';
  readonly #asked = new Map<number, number>();
  #commit = 0;

  committed(server: ServerView): void {
    if (server.commit > this.#commit) this.#commit = server.commit;
  }

  readAsked(read: number): void {
    this.#asked.set(read, this.#commit);
  }

  readAnswered(read: number, index: number): void {
    const least = this.#asked.get(read);
    must(least !== undefined, this.name, () => `read ${read} is answered without being asked for`);
    must(index >= least!, this.name, () => `read ${read} is answered with ${index}, ${least} was committed before`);
  }
}
