import type { NodeId, RaftCore, Role } from '../../core/index.ts';
import { viewProgress } from '../../core/index.ts';
import type { DurableView, PeerView, ServerView } from '../check/checker.ts';

/** A core as checkers see it. Reads through: nothing is copied. */
export class CoreView implements ServerView {
  readonly id: NodeId;
  life = 0;
  readonly #server: { readonly core: RaftCore; readonly log: DurableView };

  constructor(id: NodeId, server: { readonly core: RaftCore; readonly log: DurableView }) {
    this.id = id;
    this.#server = server;
  }

  #state(): RaftCore['internals'] {
    return this.#server.core.internals;
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

  get transferee(): NodeId {
    return this.#state().leadTransferee;
  }

  get transfereeIsVoter(): boolean {
    return this.#state().tracker.config.voters.has(this.transferee);
  }

  get installing(): boolean {
    return this.#state().log.unstable.snapshot !== undefined;
  }

  durableTermAt(index: number): number | undefined {
    return this.#server.log.termAt(index);
  }

  changesUnapplied(): boolean {
    const { log } = this.#state();
    return log.hasConfChange(log.applied + 1, log.committed + 1);
  }

  termAt(index: number): number | undefined {
    return this.#state().log.term(index);
  }

  peers(): PeerView[] {
    const { tracker, options } = this.#state();
    const window = options.maxInflightMsgs;
    return tracker.peers.map((peer) => {
      const { id, state, match, next, paused } = viewProgress(peer);
      return { id, state, match, next, paused, inflight: peer.inflights.indexes(), window };
    });
  }
}
