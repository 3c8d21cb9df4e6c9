import { type ConfState, confStateOf, type Message, type NodeId, type RaftCore, type Role } from '../../core/index.ts';
import type { ServerView } from '../check/checker.ts';
import type { CoreView } from '../sim/core-view.ts';
import type { DurableRecord } from './durable-record.ts';
import type { DriverWorld } from './driver-world.ts';

const CALLS = [
  'tick',
  'step',
  'campaign',
  'propose',
  'proposeEntries',
  'proposeConfChange',
  'readIndex',
  'transferLeader',
  'forgetLeader',
  'reportUnreachable',
  'reportSnapshot',
  'stepDown',
  'entriesRead',
  'ready',
] as const;

/** Peers of a leader are looked at in every so many turns. */
const PEERS_EVERY = 4;

export interface CoreProbeModules {
  readonly world: DriverWorld;
  readonly view: CoreView;
  readonly record: DurableRecord;
  readonly alive: () => boolean;
}

type Callable = (...args: readonly unknown[]) => unknown;

/** Shows the checkers what becomes of one core of a node, after every call of it. */
export class CoreProbe {
  readonly #core: RaftCore;
  readonly #modules: CoreProbeModules;
  #role: Role = 'follower';
  #term = 0;
  #commit = 0;
  #turns = 0;
  /** Membership before the change that is being applied. */
  #before: ConfState | undefined;

  constructor(core: RaftCore, modules: CoreProbeModules) {
    this.#core = core;
    this.#modules = modules;
    const calls = core as unknown as Record<string, Callable>;
    for (const name of CALLS) {
      const original = calls[name]!.bind(core);
      calls[name] = (...args) => {
        this.#calling(name, args[0]);
        const result = original(...args);
        this.#stepped();
        if (name === 'ready') this.#turned();
        return result;
      };
    }
    const apply = core.applyConfChange.bind(core);
    core.applyConfChange = (change) => {
      this.#before ??= this.#conf();
      try {
        return apply(change);
      } catch (error) {
        const joint = this.#before.votersOutgoing.length > 0;
        this.#before = undefined;
        this.#watch((view) =>
          modules.world.watch.each((checker) => checker.changeRefused?.(view, view.applied + 1, joint)),
        );
        throw error;
      }
    };
    this.#stepped();
  }

  /** The membership of `index` is in force; told by the node, also after a snapshot, which is no step from the last. */
  configured(index: number, after: ConfState): void {
    const before = this.#before;
    this.#before = undefined;
    if (before === undefined) return;
    const { world, view } = this.#modules;
    if (after.votersOutgoing.length > 0) world.mark('joint membership');
    world.watch.each((checker) => checker.configured?.(view.id, index, before, after));
  }

  #conf(): ConfState {
    return confStateOf(this.#core.config);
  }

  #calling(name: string, argument: unknown): void {
    if (name !== 'step') return;
    const message = argument as Message;
    const { world, view, record } = this.#modules;
    if (message.from === view.id) this.#watch(() => world.watch.sent(view.id, message, record));
  }

  #watch(look: (view: ServerView) => void): void {
    const { world, view, alive } = this.#modules;
    if (alive()) world.guard(() => look(view));
  }

  #stepped(): void {
    this.#watch((view) => {
      const { world } = this.#modules;
      const { role, term, log } = this.#core.internals;
      world.steps += 1;
      world.hash.add(term * 0x10001 + log.committed);
      world.hash.add(log.unstable.entries.length);
      if (role !== this.#role || term !== this.#term) this.#changedRole(role, term);
      if (role === 'leader' && log.committed > this.#commit) {
        if (log.committed > log.unstable.offset - 1) world.mark('commit before own disk');
        world.watch.committed(view);
      }
      this.#commit = log.committed;
      world.watch.stepped(view);
    });
  }

  #changedRole(role: Role, term: number): void {
    const { world, view } = this.#modules;
    this.#role = role;
    this.#term = term;
    const { watch } = world;
    if (role === 'candidate' || role === 'preCandidate') watch.each((checker) => checker.becameCandidate?.(view));
    if (role === 'leader') watch.each((checker) => checker.becameLeader?.(view));
  }

  #turned(): void {
    const { world, view } = this.#modules;
    if (this.#core.internals.role !== 'leader' || this.#turns++ % PEERS_EVERY > 0) return;
    this.#watch(() => {
      const peers = view.peers();
      const { tracker } = this.#core.internals;
      const isMember = (id: NodeId): boolean => tracker.config.voters.has(id) || tracker.config.learners.includes(id);
      world.watch.each((checker) => checker.leaderPeers?.(view, peers, isMember));
    });
  }
}
