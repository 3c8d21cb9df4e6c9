import { type ConfState, type Entry, EntryType, type Message, type NodeId, type Role } from '../../core/index.ts';
import type { PeerView } from '../check/checker.ts';
import type { SimServer } from './server.ts';
import type { World } from './world.ts';

/** Peers of a leader are looked at in every so many turns. */
const PEERS_EVERY = 4;

/** Shows the checkers what became of a server after every call of its core, and sets marks. */
export class ServerObserver {
  readonly #world: World;
  readonly #server: SimServer;
  #role: Role = 'follower';
  #term = 0;
  #commit = 0;
  #turns = 0;
  /** Term of the last candidacy that a transfer asked for. */
  #transferTerm = 0;

  constructor(world: World, server: SimServer) {
    this.#world = world;
    this.#server = server;
  }

  /** A life began. */
  started(): void {
    this.#role = 'follower';
    this.#term = this.#server.view.term;
    this.#commit = 0;
    this.stepped();
  }

  /** The core was called. */
  stepped(): void {
    const { watch, hash } = this.#world;
    const { view, core, slot } = this.#server;
    const { role, term, log } = core.internals;
    hash.add(slot * 0x10001 + term);
    hash.add(log.committed * 0x101 + log.unstable.entries.length);
    if (role !== this.#role || term !== this.#term) this.#changedRole(role, term);
    if (role === 'leader' && log.committed > this.#commit) {
      if (log.committed > log.unstable.offset - 1) this.#world.mark('commit before own disk');
      watch.committed(view);
    }
    this.#commit = log.committed;
    watch.stepped(view);
  }

  /** A leader took a turn that gave it these entries to write. */
  leads(entries: readonly Entry[]): void {
    const { watch } = this.#world;
    const { view, core } = this.#server;
    const { tracker, log, options } = core.internals;
    if (this.#turns++ % PEERS_EVERY === 0) {
      const peers = view.peers();
      const isMember = (id: NodeId): boolean => tracker.config.voters.has(id) || tracker.config.learners.includes(id);
      watch.each((checker) => checker.leaderPeers?.(view, peers, isMember));
      this.#coverNewcomers(peers);
    }
    if (!entries.some(({ type }) => type !== EntryType.normal)) return;
    const indexes: number[] = [];
    for (let i = log.applied + 1; i <= log.lastIndex(); i++) if (log.hasConfChange(i, i + 1)) indexes.push(i);
    watch.each((checker) => checker.leaderTail?.(view, indexes, !options.disableConfChangeValidation));
  }

  sent(message: Message): void {
    const world = this.#world;
    if (message.type === 'Vote' && message.context.length > 0) this.#transferTerm = message.term;
    if (message.type !== 'App' || message.entries.length > 0) return;
    world.mark('commit-only append');
    const full = this.#server.core.progress(message.to)?.inflightFull === true;
    if (full) world.mark('empty append through a full window');
  }

  /** A membership change could not be made. */
  changeRefused({ index }: Entry, { votersOutgoing }: ConfState): void {
    const { view } = this.#server;
    this.#world.watch.each((checker) => checker.changeRefused?.(view, index, votersOutgoing.length > 0));
  }

  /** A membership change was applied. */
  changed(before: ConfState, after: ConfState): void {
    const world = this.#world;
    if (after.votersOutgoing.length > 0) world.mark('joint membership');
    if (before.learners.some((id) => after.voters.includes(id))) world.mark('learner promoted');
    if (before.voters.some((id) => after.learners.includes(id))) world.mark('voter demoted');
    if (this.#role === 'leader' && !after.voters.includes(this.#server.id)) world.mark('leader removed');
  }

  #changedRole(role: Role, term: number): void {
    const { watch } = this.#world;
    const { view, core } = this.#server;
    this.#role = role;
    this.#term = term;
    if (role === 'candidate' || role === 'preCandidate') watch.each((checker) => checker.becameCandidate?.(view));
    if (role !== 'leader') return;
    watch.each((checker) => checker.becameLeader?.(view));
    if (term !== this.#transferTerm) return;
    this.#world.mark('leader elected by transfer');
    if (core.internals.options.checkQuorum) this.#world.mark('leader elected by transfer during a lease');
  }

  /** A newcomer cannot use a snapshot from before it was a member: it needs a newer one. */
  #coverNewcomers(peers: readonly PeerView[]): void {
    const { log } = this.#server;
    const { snapshot, boundary } = log;
    if (snapshot === undefined) return;
    const needed = peers.some(({ id, match }) => match < boundary && !knows(snapshot.meta.confState, id));
    if (needed) this.#server.makeSnapshot(this.#world.plan.disk.trailing);
  }
}

function knows({ voters, learners, votersOutgoing }: ConfState, id: NodeId): boolean {
  return voters.includes(id) || learners.includes(id) || votersOutgoing.includes(id);
}
