import { NAME_MAX_BYTES, type Address, type Member, type Tags } from '../types.ts';
import type { Swim } from '../swim/swim.ts';
import type { Coordinate } from '../wire/coordinate.ts';
import type { PacketMessage, PushNodeState, PushPull } from '../wire/messages.ts';
import type { KeyCommandInfo, SerfContext, SerfModules } from './context.ts';
import type { SerfEffect } from './effects.ts';
import { SerfError } from './errors.ts';
import { keyCommand } from './key-commands.ts';
import { memberOf } from './member-list.ts';
import type { SerfOptions } from './options.ts';
import type { QueryParams } from './own-queries.ts';
import { assembleSerf, type SerfParts } from './parts.ts';
import { mergeSerfState } from './state-exchange.ts';
import { takeSwimEffect } from './swim-effects.ts';
import { metaOf } from './tag-updates.ts';

/** How {@link Serf.join} treats what happened before. */
export interface JoinOptions {
  /** Whether user events from before the join are not wanted. Default: they are delivered. */
  readonly ignoreOld?: boolean;
}

/**
 * One member of a Serf pool, as a pure state machine over {@link Swim}, which it owns. Every call says what time it is (ms
 * of any monotonic clock); {@link takeEffects} must follow and says what to do and what happened, and
 * {@link nextDeadlineMs} when to call {@link advance}. Commands throw {@link SerfError}.
 */
export class Serf {
  readonly #parts: SerfParts;
  readonly #context: SerfContext;
  readonly #swim: Swim;
  /** Of the exchange that is being merged. */
  #ignoreOld = false;

  constructor(options: SerfOptions, modules: SerfModules) {
    const nameBytes = new TextEncoder().encode(options.name).length;
    if (nameBytes === 0 || nameBytes > NAME_MAX_BYTES) {
      throw new SerfError('GOSSIP_INVALID', `name: ${nameBytes} bytes, allowed are 1 to ${NAME_MAX_BYTES}`);
    }
    this.#parts = assembleSerf(options, modules);
    this.#context = this.#parts.context;
    this.#swim = this.#parts.swim;
  }

  /** Enters the pool of one that is us, starts all timers, and tries the members of a snapshot. Once, before anything else. */
  start(nowMs: number): void {
    const context = this.#context;
    context.nowMs = nowMs;
    const { eventMinTime, queryMinTime, members } = this.#parts.snapshot.restore();
    this.#parts.events.ring.minTime = eventMinTime;
    this.#parts.answering.ring.minTime = queryMinTime;
    this.#swim.start(nowMs);
    this.#parts.upkeep.start();
    this.#settle();
    this.#parts.joining.rejoin(members);
  }

  /** Takes over what is known already, without passing it on: large pools of simulations begin so. */
  preload(nodes: readonly PushNodeState[], nowMs: number): void {
    this.#enter(nowMs);
    this.#swim.preload(nodes, nowMs);
    this.#settle();
  }

  /** Messages of one packet that came from `from`. */
  receive(messages: readonly PacketMessage[], from: Address, nowMs: number): void {
    this.#enter(nowMs);
    this.#swim.receive(messages, from, nowMs);
    this.#settle();
  }

  /** A ping over a stream was answered in time. */
  streamPingAnswered(seqNo: number, nowMs: number): void {
    this.#enter(nowMs);
    this.#swim.streamPingAnswered(seqNo, nowMs);
    this.#settle();
  }

  /** Does what is due. Calling it early or often does no harm. */
  advance(nowMs: number): void {
    this.#enter(nowMs);
    this.#swim.advance(nowMs);
    this.#settle();
    this.#parts.queries.advance();
    this.#parts.intents.advance();
    this.#parts.conflicts.advance();
    this.#parts.departure.advance();
    this.#parts.tagUpdates.advance();
    this.#parts.upkeep.advance();
    this.#parts.listeners.advance();
    this.#parts.snapshot.advance();
    this.#settle();
  }

  /** When {@link advance} is wanted next; may lie in the past. It changes with every call. */
  get nextDeadlineMs(): number {
    return Math.min(
      this.#swim.nextDeadlineMs,
      this.#parts.queries.nextMs,
      this.#parts.intents.nextMs,
      this.#parts.conflicts.nextMs,
      this.#parts.departure.nextMs,
      this.#parts.tagUpdates.nextMs,
      this.#parts.upkeep.nextMs,
      this.#parts.listeners.nextMs,
      this.#parts.snapshot.nextMs,
    );
  }

  /** What to do and what happened since the last time, in order. */
  takeEffects(): SerfEffect[] {
    const { effects } = this.#context;
    this.#context.effects = [];
    return effects;
  }

  /** Our half of an exchange of tables: as the dialler to send, as the listener to answer with, before merging. */
  localState(join: boolean): PushPull {
    return this.#swim.localState(join);
  }

  /** Why a peer's half must not be merged, or `undefined`. See {@link Swim.mergeRefusal}. */
  mergeRefusal(remote: PushPull): string | undefined {
    return this.#swim.mergeRefusal(remote);
  }

  /** Takes over a part of a peer's table, of which there was no refusal. {@link mergeUserState} comes last. */
  mergeNodes(nodes: readonly PushNodeState[], nowMs: number): void {
    this.#enter(nowMs);
    this.#swim.mergeNodes(nodes, nowMs);
    this.#settle();
  }

  /** Takes over `remote.userState`. `exchange`: the number of ours, none if the peer dialled. */
  mergeUserState({ userState, join }: PushPull, nowMs: number, exchange = 0): void {
    this.#enter(nowMs);
    this.#ignoreOld = join && this.#parts.joining.ignoresOld(exchange);
    mergeSerfState(this.#parts, userState, this.#ignoreOld);
    this.#ignoreOld = false;
    this.#settle();
  }

  /** All of that in one: merges unless refused, and returns the refusal. {@link exchangeEnded} is still to be called. */
  mergeState(remote: PushPull, nowMs: number, exchange = 0): string | undefined {
    this.#enter(nowMs);
    this.#ignoreOld = remote.join && this.#parts.joining.ignoresOld(exchange);
    const refusal = this.#swim.mergeState(remote, nowMs);
    this.#settle();
    this.#ignoreOld = false;
    return refusal;
  }

  /** An exchange of ours ended: merged, or not for the reason `failure`. */
  exchangeEnded(exchange: number, nowMs: number, failure?: string): void {
    this.#enter(nowMs);
    this.#parts.joining.ended(exchange, failure);
    this.#settle();
  }

  /** Joins the pool of whoever listens at any of `addresses`. Returns a handle; `joined` follows. */
  join(addresses: readonly Address[], nowMs: number, { ignoreOld = false }: JoinOptions = {}): number {
    this.#command(nowMs);
    this.#requireAlive('join');
    const handle = this.#parts.joining.join(addresses, ignoreOld);
    this.#settle();
    return handle;
  }

  /** Says goodbye, so that others see us as left and not as failed; `leftPool` follows. No effect the second time. */
  leave(nowMs: number): void {
    this.#command(nowMs);
    if (this.#context.state === 'alive') this.#parts.snapshot.leave();
    this.#parts.departure.start();
    this.#settle();
  }

  /** Publishes other tags in the place of all we have; `tagsTold` follows. */
  setTags(tags: Tags, nowMs: number): void {
    this.#command(nowMs);
    this.#requireAlive('tags');
    const meta = metaOf(tags);
    this.#parts.tagUpdates.begin();
    this.#swim.updateMeta(meta, nowMs);
    this.#settle();
  }

  /** Sends an event to all members, us among them. Listeners may be told only the latest of its name if `coalesce`. */
  userEvent(name: string, payload: Uint8Array, coalesce: boolean, nowMs: number): void {
    this.#command(nowMs);
    this.#parts.inbox.passOn('events', this.#parts.events.send(name, payload, coalesce), name);
    this.#settle();
  }

  /** Asks members, us among them. Returns a handle; `queryAck`, `queryAnswer` and at the end `queryFinished` follow. */
  query(params: QueryParams, nowMs: number): number {
    this.#command(nowMs);
    const emit = (effect: SerfEffect): void => this.#context.emit(effect);
    const handle = this.#parts.ask(params, (query) => ({
      onAck: (from) => emit({ type: 'queryAck', query, from }),
      onAnswer: (from, payload) => emit({ type: 'queryAnswer', query, from, payload }),
      onEnd: (acks, answers) => emit({ type: 'queryFinished', query, acks, answers }),
    }));
    this.#settle();
    return handle;
  }

  /** Ends a query of ours before its time. */
  closeQuery(query: number, nowMs: number): void {
    this.#command(nowMs);
    this.#parts.queries.close(query);
    this.#settle();
  }

  /** Answers a query, once and before its deadline. */
  respond(query: number, payload: Uint8Array, nowMs: number): void {
    this.#command(nowMs);
    this.#parts.answering.respond(query, payload);
    this.#settle();
  }

  /**
   * Has all members, us among them, change or list their keys: `install`, then `use`, then `remove` the old one. Returns a
   * handle; `keyResult` follows. `key`: 16, 24 or 32 bytes; none to list.
   */
  commandKeys(command: KeyCommandInfo['command'], key: Uint8Array | null, nowMs: number, relayFactor = 0): number {
    this.#command(nowMs);
    const { params, handlerOf } = keyCommand(this.#context, command, key, relayFactor, (query) =>
      this.#parts.queries.close(query),
    );
    const handle = this.#parts.ask(params, handlerOf);
    this.#settle();
    return handle;
  }

  /** Has a failed member taken for one that left, by all; `prune`: and forgotten. One that is alive contradicts. */
  removeFailed(name: string, prune: boolean, nowMs: number): void {
    this.#command(nowMs);
    this.#parts.intents.announceLeave(name, prune);
    this.#settle();
  }

  /** Ends: events that were collected, and lines for the snapshot, come out. For the time before a stop. */
  finish(nowMs: number): void {
    this.#enter(nowMs);
    this.#parts.listeners.flush();
    this.#parts.snapshot.flush();
  }

  /** All that are in the pool or were not long ago, us among them. */
  members(): Member[] {
    return Array.from(this.#context.members.all(), memberOf);
  }

  member(name: string): Member | undefined {
    const state = this.#context.members.get(name);
    return state && memberOf(state);
  }

  /** Whether we are in the pool, on the way out, or out. */
  get state(): 'alive' | 'leaving' | 'left' {
    return this.#context.state;
  }

  /** The next Lamport times. */
  get clocks(): { readonly member: number; readonly event: number; readonly query: number } {
    const { memberClock, eventClock, queryClock } = this.#context;
    return { member: memberClock.time, event: eventClock.time, query: queryClock.time };
  }

  /** Messages waiting to be passed on, by kind. */
  get queued(): { readonly swim: number; readonly intents: number; readonly queries: number; readonly events: number } {
    const { queues } = this.#context;
    return {
      swim: this.#swim.queuedNews,
      intents: queues.depth('intents'),
      queries: queues.depth('queries'),
      events: queues.depth('events'),
    };
  }

  /** The place of a member, or ours, in the network's latency space; `undefined` if it is not known. */
  coordinate(name: string): Coordinate | undefined {
    return this.#parts.coordinates.of(name);
  }

  /** Estimated round trip to a member, from us or from another; `undefined` as long as it cannot be said. */
  rttMs(name: string, from: string = this.#context.name): number | undefined {
    return this.#parts.coordinates.rttMs(name, from);
  }

  /** 0 is healthy; see {@link Swim.healthScore}. */
  get healthScore(): number {
    return this.#swim.healthScore;
  }

  #enter(nowMs: number): void {
    // As SWIM's, the clock never goes back.
    this.#context.nowMs = Math.max(this.#context.nowMs, nowMs);
  }

  /** Before a command: rounds of gossip that had nothing to send pass, so that ours goes out in their rhythm. */
  #command(nowMs: number): void {
    this.#enter(nowMs);
    this.#swim.advance(nowMs);
    this.#settle();
  }

  #requireAlive(what: string): void {
    const { state } = this.#context;
    if (state !== 'alive') throw new SerfError('GOSSIP_LEFT', `${what}: we are ${state}, allowed is it while alive`);
  }

  /** Does what SWIM says until it has no more to say. */
  #settle(): void {
    for (;;) {
      const effects = this.#swim.takeEffects();
      if (effects.length === 0) return;
      for (const effect of effects) takeSwimEffect(this.#parts, effect, this.#ignoreOld);
    }
  }
}
