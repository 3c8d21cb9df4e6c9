import type { NodeId } from '../../core/index.ts';
import type { Checker, ServerView } from './checker.ts';
import { must } from './violation.ts';

interface Handover {
  readonly life: number;
  readonly term: number;
  readonly lastIndex: number;
}

/** I20: a leader hands over to voters only, and takes no proposals while it does (dissertation 3.10). */
export class Transfers implements Checker {
  readonly name = 'I20 leadership transfer';
  readonly #handovers = new Map<NodeId, Handover>();

  stepped(server: ServerView): void {
    const { id, role, transferee, life, term, lastIndex } = server;
    if (role !== 'leader' || transferee === '') {
      this.#handovers.delete(id);
      return;
    }
    // A leader that was removed itself looks at nothing but acknowledgements any more.
    must(
      server.transfereeIsVoter || !server.isVoter,
      this.name,
      () => `${id} hands term ${term} over to ${transferee}, which is no voter`,
    );
    const before = this.#handovers.get(id);
    if (before === undefined || before.term !== term || before.life !== life) {
      this.#handovers.set(id, { life, term, lastIndex });
      return;
    }
    must(
      lastIndex === before.lastIndex,
      this.name,
      () => `${id} appends entry ${lastIndex} while it hands over to ${transferee}`,
    );
  }
}
