import { type ConfState, confStatesEqual, type Entry, type NodeId } from '../../core/index.ts';
import type { Checker } from './checker.ts';
import { must } from './violation.ts';

/** I5: every server applies a prefix of one sequence, memberships included; a client's command is in it once at most. */
export class StateMachineSafety implements Checker {
  readonly name = 'I5 state machine safety';
  readonly #chains: (number | undefined)[] = [];
  readonly #configs: (ConfState | undefined)[] = [];
  readonly #operations = new Map<number, number>();

  applied(server: NodeId, entry: Entry, chain: number, operation: number): void {
    const { index } = entry;
    const known = this.#chains[index];
    if (known === undefined) {
      this.#chains[index] = chain;
      if (operation > 0) this.#once(operation, index);
      return;
    }
    must(known === chain, this.name, () => `${server} applies another entry ${index}, of term ${entry.term}`);
  }

  configured(server: NodeId, index: number, _before: ConfState, after: ConfState): void {
    const known = this.#configs[index];
    if (known === undefined) this.#configs[index] = after;
    else must(confStatesEqual(known, after), this.name, () => `membership at ${index} differs on ${server}`);
  }

  #once(operation: number, index: number): void {
    const before = this.#operations.get(operation);
    must(before === undefined, this.name, () => `command ${operation} is at ${before} and again at ${index}`);
    this.#operations.set(operation, index);
  }
}
