import type { Message, NodeId } from '../../core/index.ts';
import type { Checker, ServerView } from './checker.ts';
import { must } from './violation.ts';

/** I1: at most one leader a term (raft 5.2). A leader is who says so or sends what only leaders send. */
export class ElectionSafety implements Checker {
  readonly name = 'I1 election safety';
  readonly #leaders = new Map<number, NodeId>();

  becameLeader(server: ServerView): void {
    this.#claim(server.term, server.id);
  }

  sent(from: NodeId, message: Message): void {
    if (message.type === 'App' || message.type === 'Heartbeat' || message.type === 'Snap') {
      this.#claim(message.term, from);
    }
  }

  #claim(term: number, id: NodeId): void {
    const known = this.#leaders.get(term);
    if (known === undefined) this.#leaders.set(term, id);
    else must(known === id, this.name, () => `term ${term} has the leaders ${known} and ${id}`);
  }
}
