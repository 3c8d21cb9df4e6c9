import type { Entry, NodeId } from '../../core/index.ts';
import type { Checker } from './checker.ts';
import { must } from './violation.ts';

/** Keeps two numbers apart in one key. */
const STRIDE = 2 ** 26;

/** I3: entries of equal index and term are equal, and so is everything before them (raft 5.3). */
export class LogMatching implements Checker {
  readonly name = 'I3 log matching';
  readonly #chains = new Map<number, number>();

  appended(server: NodeId, entry: Entry, chain: number): void {
    const key = entry.term * STRIDE + entry.index;
    const known = this.#chains.get(key);
    if (known === undefined) this.#chains.set(key, chain);
    else must(known === chain, this.name, () => `entry ${entry.index} of term ${entry.term} differs on ${server}`);
  }
}
