import type { NodeId } from '../../core/index.ts';
import type { Checker, PeerView, ServerView } from './checker.ts';
import { must } from './violation.ts';

interface Seen {
  life: number;
  term: number;
  vote: NodeId;
  commit: number;
  applied: number;
  snapshotIndex: number;
}

/** I6: terms, commit, applied and snapshot positions never go back in a life, nor a peer's match in a term. */
export class Monotony implements Checker {
  readonly name = 'I6 monotony';
  readonly #servers = new Map<NodeId, Seen>();
  readonly #matches = new Map<NodeId, { term: number; life: number; of: Map<NodeId, number> }>();

  stepped(server: ServerView): void {
    const { id, life, term, vote, commit, applied, snapshotIndex } = server;
    const seen = this.#servers.get(id);
    if (seen === undefined) {
      this.#servers.set(id, { life, term, vote, commit, applied, snapshotIndex });
      return;
    }
    if (seen.life === life) {
      must(term >= seen.term, this.name, () => `term of ${id} went from ${seen.term} to ${term}`);
      must(
        vote === seen.vote || term > seen.term || seen.vote === '',
        this.name,
        () => `${id} voted for ${seen.vote} in term ${term}, then for ${vote}`,
      );
      must(commit >= seen.commit, this.name, () => `commit of ${id} went from ${seen.commit} to ${commit}`);
      must(applied >= seen.applied, this.name, () => `applied of ${id} went from ${seen.applied} to ${applied}`);
      must(
        snapshotIndex >= seen.snapshotIndex,
        this.name,
        () => `snapshot of ${id} went from ${seen.snapshotIndex} to ${snapshotIndex}`,
      );
    }
    seen.life = life;
    seen.term = term;
    seen.vote = vote;
    seen.commit = commit;
    seen.applied = applied;
    seen.snapshotIndex = snapshotIndex;
  }

  /** A change may remove a member and add it anew. */
  configured(server: NodeId): void {
    this.#matches.delete(server);
  }

  leaderPeers(server: ServerView, peers: readonly PeerView[]): void {
    const { term, life } = server;
    let known = this.#matches.get(server.id);
    if (known === undefined || known.term !== term || known.life !== life) {
      known = { term, life, of: new Map() };
      this.#matches.set(server.id, known);
    }
    const present = new Map<NodeId, number>();
    for (const { id, match } of peers) {
      const before = known.of.get(id) ?? 0;
      must(match >= before, this.name, () => `match of ${id} on ${server.id} went from ${before} to ${match}`);
      present.set(id, match);
    }
    // Who left and came back begins anew.
    known.of = present;
  }
}
