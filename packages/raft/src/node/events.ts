import type { Logger } from '@dkron/runtime';
import type { ConfState, NodeId } from '../core/types.ts';
import type { HandshakeRefusal } from '../transport/handshake.ts';
import type { Member } from './members.ts';

/** Who leads, as this server sees it. Delivered in order; only the last one counts. */
export interface LeadershipEvent {
  readonly isLeader: boolean;
  readonly term: number;
  /** `''` while nobody is known to lead. */
  readonly leaderId: NodeId;
  readonly leaderAddress: string;
}

/** What a node tells, by name. */
export interface RaftEvents {
  /** Leader or term changed. */
  leadership: LeadershipEvent;
  /** A leader stood still for longer than its lease: another may lead by now. A read round is under way. */
  leaderSuspect: { readonly term: number; readonly gapMs: number };
  /** The event loop stood still. */
  stall: { readonly gapMs: number };
  /** The membership in force changed. */
  configuration: { readonly index: number; readonly conf: ConfState; readonly members: readonly Member[] };
  /** A server of another cluster called. */
  foreignCluster: { readonly id: NodeId; readonly clusterId: string };
  /** A server came back with less than it had acknowledged. */
  peerRegressed: { readonly id: NodeId; readonly acknowledged: number; readonly lastIndex: number };
  /** A stream was refused, for whatever reason. */
  handshakeRefused: { readonly id: NodeId; readonly code: HandshakeRefusal; readonly message: string };
  diskLow: { readonly level: 'ok' | 'low' | 'critical'; readonly freeBytes: number; readonly reservedBytes: number };
  /** A write or sync takes longer than an election timeout. */
  diskStuck: { readonly sinceMs: number };
  snapshot: {
    readonly kind: 'taken' | 'received';
    readonly index: number;
    readonly term: number;
    readonly bytes: number;
  };
  /** The node is dead; restart the process to recover from what is on disk. */
  fatal: { readonly error: Error };
}

/** Name of an event of a node. */
export type RaftEventName = keyof RaftEvents;
type Listener<K extends RaftEventName> = (event: RaftEvents[K]) => void;
/** Stops the calls. */
export type Unsubscribe = () => void;

/** Calls listeners in the order of subscription, in the turn of the event. An exception of one is logged. */
export class RaftEmitter {
  readonly #listeners = new Map<RaftEventName, Set<Listener<never>>>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  on<K extends RaftEventName>(name: K, listener: Listener<K>): Unsubscribe {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener as Listener<never>);
    return () => void listeners.delete(listener as Listener<never>);
  }

  emit<K extends RaftEventName>(name: K, event: RaftEvents[K]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        (listener as Listener<K>)(event);
      } catch (error) {
        this.#logger.error('listener of a raft event threw', { name, error: String(error) });
      }
    }
  }
}
