import { META_MAX_BYTES, type Address } from '../types.ts';
import type { PacketMessage, PushNodeState, PushPull } from '../wire/messages.ts';
import { applyDead, applySuspect, buryOverdue, postponeBurials } from './accusation-rules.ts';
import { applyAlive } from './alive-rule.ts';
import { Answers } from './answers.ts';
import { SwimContext, type SwimIdentity, type SwimModules } from './context.ts';
import type { NodeView, SwimEffect } from './effects.ts';
import { gossip, hasNews } from './gossip-round.ts';
import { LastProbes } from './last-probes.ts';
import { viewOf } from './member-table.ts';
import type { SwimTuning } from './options.ts';
import { Prober } from './probe.ts';
import { remind } from './refute.ts';
import { pushPullIntervalMs } from './scale.ts';
import { localState, mergeNodes, mergeRefusal } from './table-exchange.ts';
import { Ticker } from './ticker.ts';

/** Timers this late have packets waiting behind them: those are read first. */
const LATE_MS = 10;
/** How long to wait for them. */
const HOLD_MS = 5;

/**
 * One member of a SWIM pool with Lifeguard, as a pure state machine. Every call says what time it is (ms of any monotonic
 * clock); {@link takeEffects} must follow and says what to do, and {@link nextDeadlineMs} when to call {@link advance}.
 */
export class Swim {
  readonly #context: SwimContext;
  readonly #prober: Prober;
  readonly #lastProbes: LastProbes;
  readonly #answers: Answers;
  readonly #probeTicker: Ticker;
  readonly #gossipTicker: Ticker;
  readonly #pushPullTicker: Ticker;
  /** Nothing is done before, so that waiting packets are read. */
  #holdUntilMs = 0;
  /** What was due next when effects were last taken: we are late by how much we missed that. */
  #promisedMs = Infinity;

  constructor(identity: SwimIdentity, tuning: SwimTuning, modules: SwimModules) {
    checkMeta(identity.meta);
    const context = new SwimContext(identity, tuning, modules);
    this.#context = context;
    this.#prober = new Prober(context);
    this.#lastProbes = new LastProbes(context);
    this.#answers = new Answers(context);
    this.#probeTicker = new Ticker(() => tuning.probeIntervalMs);
    this.#gossipTicker = new Ticker(() => tuning.gossipIntervalMs);
    this.#pushPullTicker = new Ticker(() => pushPullIntervalMs(tuning.pushPullIntervalMs, context.table.size));
  }

  /** Enters the pool of one that is us, and starts all timers. Once, before anything else. */
  start(nowMs: number): void {
    this.#context.nowMs = nowMs;
    const { random, identity } = this.#context;
    this.#sayAlive(identity.meta);
    for (const ticker of [this.#probeTicker, this.#gossipTicker, this.#pushPullTicker]) ticker.start(nowMs, random);
  }

  /** Takes over what is known already, without passing it on: large pools of simulations begin so. */
  preload(nodes: readonly PushNodeState[], nowMs: number): void {
    this.#enter(nowMs);
    this.#context.quiet = true;
    mergeNodes(this.#context, nodes);
    this.#context.quiet = false;
  }

  /** Messages of one packet that came from `from`. */
  receive(messages: readonly PacketMessage[], from: Address, nowMs: number): void {
    this.#enter(nowMs);
    for (const message of messages) this.#take(message, from);
  }

  /** A ping over a stream was answered in time. */
  streamPingAnswered(seqNo: number, nowMs: number): void {
    this.#enter(nowMs);
    this.#prober.takeStreamAnswer(seqNo);
    this.#lastProbes.takeStreamAnswer(seqNo);
  }

  /** Does what is due. Calling it early or often does no harm. */
  advance(nowMs: number): void {
    this.#enter(nowMs);
    const context = this.#context;
    // The clock of the context never goes back.
    const now = context.nowMs;
    if (now < this.#holdUntilMs) return;
    this.#answers.advance();
    this.#prober.advance();
    this.#lastProbes.advance();
    buryOverdue(context, (suspect) => this.#lastProbes.begin(suspect));
    if (this.#probeTicker.isDue(now)) {
      this.#probeTicker.advance(now);
      this.#prober.tick();
    }
    if (this.#gossipTicker.isDue(now)) {
      this.#gossipTicker.advance(now);
      gossip(context);
    }
    if (this.#pushPullTicker.isDue(now)) {
      this.#pushPullTicker.advance(now);
      this.#startPushPull();
    }
  }

  /** When {@link advance} is wanted next; may lie in the past. It changes with every call, and with news of the layer above. */
  get nextDeadlineMs(): number {
    return Math.max(this.#holdUntilMs, this.#dueMs());
  }

  /** What to do since the last time, in order. */
  takeEffects(): SwimEffect[] {
    const { effects } = this.#context;
    this.#promisedMs = this.#dueMs();
    this.#context.effects = [];
    return effects;
  }

  /** Our half of a push/pull: as the dialler to send, as the listener to answer with, before merging. */
  localState(join: boolean): PushPull {
    return localState(this.#context, join);
  }

  /**
   * Why a peer's half must not be merged, or `undefined`. After it, give {@link mergeNodes} the nodes, at once or in
   * parts between which other work is done, and the layer above the user state.
   */
  mergeRefusal(remote: PushPull): string | undefined {
    return mergeRefusal(this.#context, remote);
  }

  mergeNodes(nodes: readonly PushNodeState[], nowMs: number): void {
    this.#enter(nowMs);
    mergeNodes(this.#context, nodes);
  }

  /** All of that in one: merges unless refused, and returns the refusal. */
  mergeState(remote: PushPull, nowMs: number): string | undefined {
    const refusal = this.mergeRefusal(remote);
    if (refusal !== undefined) return refusal;
    this.mergeNodes(remote.nodes, nowMs);
    const { userState: state, join } = remote;
    if (state.length > 0) this.#context.effects.push({ type: 'userState', state, join });
    return undefined;
  }

  /** Asks whether `node` is at `to`, whatever our table says of it. Returns a number; `answered` follows if it is. */
  ask(node: string, to: Address, nowMs: number): number {
    this.#enter(nowMs);
    return this.#answers.ask(node, to);
  }

  /** Publishes other meta of us; `told` follows. Throws TypeError beyond 512 bytes. */
  updateMeta(meta: Uint8Array, nowMs: number): void {
    checkMeta(meta);
    this.#enter(nowMs);
    const context = this.#context;
    const audience = !context.leaving && context.hasAudience();
    this.#sayAlive(meta, audience ? () => context.told('meta') : undefined);
    if (!audience) context.told('meta');
  }

  /** Says goodbye; `told` follows. From then on nothing said about us is answered, everything else goes on. */
  leave(nowMs: number): void {
    this.#enter(nowMs);
    const context = this.#context;
    if (context.leaving) return;
    context.leaving = true;
    const { name, incarnation } = context.self;
    const audience = context.hasAudience();
    const onTold = audience ? (): void => context.told('leave') : undefined;
    applyDead(context, { type: 'dead', node: name, from: name, incarnation }, onTold);
    if (!audience) context.told('leave');
  }

  get isLeaving(): boolean {
    return this.#context.leaving;
  }

  /** All we know, with the dead and left that are not forgotten yet. The order is that of probing. */
  members(): NodeView[] {
    return Array.from(this.#context.table.entries, viewOf);
  }

  member(name: string): NodeView | undefined {
    const entry = this.#context.table.get(name);
    return entry && viewOf(entry);
  }

  /** How many {@link members} there are. */
  get size(): number {
    return this.#context.table.size;
  }

  /** 0 is healthy; more, and our probes take that many times longer. */
  get healthScore(): number {
    return this.#context.awareness.score;
  }

  /** News waiting to be sent. */
  get queuedNews(): number {
    return this.#context.news.size;
  }

  #sayAlive(meta: Uint8Array, onTold?: () => void): void {
    const context = this.#context;
    const { name: node, addr, port, vsn } = context.identity;
    const incarnation = context.nextIncarnation();
    applyAlive(
      context,
      { type: 'alive', node, addr, port, meta, vsn, incarnation },
      { bootstrap: true, ...(onTold && { onTold }) },
    );
  }

  #take(message: PacketMessage, from: Address): void {
    const context = this.#context;
    switch (message.type) {
      case 'ping':
        this.#answers.answerPing(message, from);
        break;
      case 'indirectPing':
        this.#answers.pingFor(message, from);
        break;
      case 'ack':
        if (!this.#prober.takeAck(message) && !this.#lastProbes.takeAck(message)) this.#answers.takeAck(message);
        break;
      case 'nack':
        this.#prober.takeNack(message);
        break;
      case 'alive':
        applyAlive(context, message);
        break;
      case 'suspect':
        remind(context, message, from);
        applySuspect(context, message);
        break;
      case 'dead':
        remind(context, message, from);
        applyDead(context, message);
        break;
      case 'user':
        context.effects.push({ type: 'user', body: message.body, from });
        break;
    }
  }

  #startPushPull(): void {
    const { table, identity, effects } = this.#context;
    const [peer] = table.pick(1, ({ name, state }) => name !== identity.name && state === 'alive');
    if (peer !== undefined) effects.push({ type: 'pushPull', to: peer.address, node: peer.name, join: false });
  }

  /** When something is due, if it were not held back. */
  #dueMs(): number {
    const context = this.#context;
    return Math.min(
      this.#prober.nextMs,
      this.#lastProbes.nextMs,
      this.#answers.nextMs,
      context.burialMs,
      this.#probeTicker.nextMs,
      this.#pushPullTicker.nextMs,
      hasNews(context) ? this.#gossipTicker.nextMs : Infinity,
    );
  }

  /** Sets the clock, and notes when we are late: what we did not hear meanwhile is nobody's fault but ours. */
  #enter(nowMs: number): void {
    const context = this.#context;
    const wasMs = context.nowMs;
    context.nowMs = Math.max(wasMs, nowMs);
    // Rounds of gossip without news pass silently, in their rhythm.
    if (this.#gossipTicker.isDue(context.nowMs) && !hasNews(context)) this.#gossipTicker.advance(context.nowMs);
    const lateMs = context.nowMs - Math.max(this.#holdUntilMs, wasMs, this.#promisedMs);
    this.#promisedMs = Infinity;
    if (lateMs <= LATE_MS) return;
    // Only once in a row: who is always late has to act some time.
    if (this.#holdUntilMs <= wasMs) this.#holdUntilMs = context.nowMs + HOLD_MS;
    if (lateMs <= context.tuning.stallThresholdMs) return;
    this.#prober.abandon();
    this.#lastProbes.postpone(lateMs);
    postponeBurials(context, lateMs);
    context.awareness.adjust(1);
    context.effects.push({ type: 'stalled', lateMs });
  }
}

function checkMeta(meta: Uint8Array): void {
  if (meta.length > META_MAX_BYTES) {
    throw new TypeError(`meta: ${meta.length} bytes, allowed are ${META_MAX_BYTES}`);
  }
}
