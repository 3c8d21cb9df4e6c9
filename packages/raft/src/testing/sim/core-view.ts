import type { NodeId, RaftCore, Role } from '../../core/index.ts';
import { viewProgress } from '../../core/index.ts';
import type { PeerView, ServerView } from '../check/checker.ts';

/** A core as checkers see it. Reads through: nothing is copied. */
export class CoreView implements ServerView {
  readonly id: NodeId;
  life = 0;
  readonly #state: () => RaftCore['internals'];

  constructor(id: NodeId, core: () => RaftCore) {
    this.id = id;
    this.#state = () => core().internals;
  }

  get term(): number {
    return this.#state().term;
  }

  get vote(): NodeId {
    return this.#state().vote;
  }

  get role(): Role {
    return this.#state().role;
  }

  get isLearner(): boolean {
    return this.#state().isLearner;
  }

  get isVoter(): boolean {
    return this.#state().tracker.config.voters.has(this.id);
  }

  get commit(): number {
    return this.#state().log.committed;
  }

  get applied(): number {
    return this.#state().log.applied;
  }

  get applying(): number {
    return this.#state().log.applying;
  }

  get firstIndex(): number {
    return this.#state().log.firstIndex();
  }

  get lastIndex(): number {
    return this.#state().log.lastIndex();
  }

  get stable(): number {
    return this.#state().log.unstable.offset - 1;
  }

  get uncommittedSize(): number {
    return this.#state().uncommittedSize;
  }

  get snapshotIndex(): number {
    return this.#state().log.snapshot()?.index ?? 0;
  }

  get asyncStorage(): boolean {
    return this.#state().options.asyncStorage;
  }

  get stepDownOnRemoval(): boolean {
    return this.#state().options.stepDownOnRemoval;
  }

  termAt(index: number): number | undefined {
    return this.#state().log.term(index);
  }

  peers(): PeerView[] {
    return this.#state().tracker.peers.map((peer) => {
      const { id, state, match, next, paused } = viewProgress(peer);
      return { id, state, match, next, paused, inflight: peer.inflights.indexes() };
    });
  }
}
