import type { NodeId } from '../../core/index.ts';
import type { Checker, ServerView } from './checker.ts';
import { must } from './violation.ts';

interface Reign {
  readonly term: number;
  readonly life: number;
  lastIndex: number;
  lastTerm: number;
}

/** I2: a leader never overwrites or deletes entries of its own log in its term (raft 5.3). */
export class LeaderAppendOnly implements Checker {
  readonly name = 'I2 leader append-only';
  readonly #reigns = new Map<NodeId, Reign>();

  stepped(server: ServerView): void {
    if (server.role !== 'leader') return;
    const lastTerm = server.termAt(server.lastIndex) ?? 0;
    const reign = this.#reigns.get(server.id);
    if (reign === undefined || reign.term !== server.term || reign.life !== server.life) {
      const { term, life, lastIndex } = server;
      this.#reigns.set(server.id, { term, life, lastIndex, lastTerm });
      return;
    }
    const { lastIndex } = server;
    if (lastIndex === reign.lastIndex && lastTerm === reign.lastTerm) return;
    must(
      lastIndex >= reign.lastIndex,
      this.name,
      () => `${server.id} cut its log from ${reign.lastIndex} to ${lastIndex}`,
    );
    const now = server.termAt(reign.lastIndex);
    must(
      now === undefined || now === reign.lastTerm,
      this.name,
      () => `${server.id} overwrote its entry ${reign.lastIndex} of term ${reign.lastTerm} by one of term ${now}`,
    );
    reign.lastIndex = lastIndex;
    reign.lastTerm = lastTerm;
  }
}
