import type { NodeId, PeerConnection, UnreachableReason } from '@dkron/raft';
import type { Message } from '@dkron/raft/core';
import { Backoff } from '@dkron/runtime';
import type { Cancel } from '@dkron/runtime';
import type { StreamContext } from '../context.ts';
import { OutgoingSession } from './outgoing-session.ts';
import type { SessionEnd } from './outgoing-session.ts';
import { PeerQueue } from './peer-queue.ts';

/** A session that lived this long was a good one: the next dial does not wait for long. */
const PROVEN_MS = 1000;

/** The way to one peer: what waits for it, the session, and when to try again. */
export class PeerLink {
  readonly #id: NodeId;
  readonly #context: StreamContext;
  readonly #queue: PeerQueue;
  readonly #backoff: Backoff;
  #addr: string;
  #session: OutgoingSession | undefined;
  #retry: Cancel | undefined;
  #notBeforeMs = 0;
  #refusal: { readonly code: string; readonly message: string } | undefined;
  #wakes = false;
  #overflowed = false;
  #closed = false;

  constructor(id: NodeId, addr: string, context: StreamContext) {
    const { options, modules } = context;
    this.#id = id;
    this.#addr = addr;
    this.#context = context;
    this.#queue = new PeerQueue({
      ends: { from: options.id, to: id },
      maxBytes: options.maxQueueBytes,
      maxFrameBytes: options.maxFrameBytes,
    });
    this.#backoff = new Backoff({ minMs: options.minBackoffMs, maxMs: options.maxBackoffMs }, modules);
  }

  send(addr: string, messages: readonly Message[]): void {
    if (addr !== this.#addr) this.#move(addr);
    let dropped = 0;
    for (const message of messages) dropped += this.#queue.push(message);
    if (dropped > 0) this.#overflow(dropped);
    if (this.#session === undefined) this.#dialSoon();
    else this.#wakeSoon();
  }

  describe(): PeerConnection {
    const { messages, bytes, dropped } = this.#queue;
    const connected = this.#session?.opened === true;
    const waiting = this.#session === undefined ? 'idle' : 'dialing';
    const state = connected ? 'connected' : this.#refusal === undefined ? waiting : 'refused';
    const base = {
      id: this.#id,
      addr: this.#addr,
      state,
      queuedMessages: messages,
      queuedBytes: bytes,
      dropped,
    } as const;
    return this.#refusal === undefined || connected ? base : { ...base, refusal: this.#refusal };
  }

  /** Idempotent. Nothing is reported afterwards. */
  close(): void {
    this.#closed = true;
    this.#retry?.();
    this.#session?.end();
    this.#queue.clear();
  }

  #move(addr: string): void {
    const session = this.#session;
    this.#addr = addr;
    this.#session = undefined;
    this.#refusal = undefined;
    this.#retry?.();
    this.#retry = undefined;
    this.#notBeforeMs = 0;
    this.#backoff.reset();
    session?.end();
    if (session?.opened === true) this.#report('broken');
  }

  #dialSoon(): void {
    if (this.#retry !== undefined || this.#session !== undefined || this.#closed) return;
    const { clock, timers } = this.#context.modules;
    const dial = (): void => {
      this.#retry = undefined;
      this.#dial();
    };
    const waitMs = this.#notBeforeMs - clock.monotonicMs();
    this.#retry = waitMs > 0 ? timers.after(waitMs, dial) : timers.nextTurn(dial);
  }

  #dial(): void {
    const { clock } = this.#context.modules;
    const session = new OutgoingSession(this.#id, this.#addr, { queue: this.#queue, context: this.#context });
    this.#session = session;
    let openedMs = Number.POSITIVE_INFINITY;
    const ran = session.run(() => {
      openedMs = clock.monotonicMs();
      this.#refusal = undefined;
    });
    void ran.then((end) => {
      if (this.#session === session) this.#ended(end, clock.monotonicMs() - openedMs);
    });
  }

  #ended(end: SessionEnd, livedMs: number): void {
    const { clock } = this.#context.modules;
    this.#session = undefined;
    if (this.#closed) return;
    if (livedMs >= PROVEN_MS) this.#backoff.reset();
    this.#refusal = end.refusal;
    this.#notBeforeMs = clock.monotonicMs() + this.#backoff.next();
    // What waited for a dial that failed is old news by the next one.
    if (!end.opened) this.#queue.clear();
    this.#report(end.reason);
    // A stream that broke is dialed again unasked: whether the process is gone is worth knowing.
    if (end.opened) this.#dialSoon();
  }

  #overflow(dropped: number): void {
    this.#context.modules.metrics
      .counter('raft_grpc_messages_dropped_total', 'Messages dropped because the queue of their peer was full')
      .add(dropped, { peer: this.#id });
    if (this.#overflowed) return;
    this.#overflowed = true;
    this.#report('overflow');
  }

  /** Once for all of a turn, and never inside a call of the transport's owner. */
  #report(reason: UnreachableReason): void {
    this.#context.modules.timers.nextTurn(() => {
      if (reason === 'overflow') this.#overflowed = false;
      if (!this.#closed) this.#context.handler.unreachable(this.#id, reason);
    });
  }

  /** Everything sent in one turn travels together. */
  #wakeSoon(): void {
    if (this.#wakes) return;
    this.#wakes = true;
    queueMicrotask(() => {
      this.#wakes = false;
      this.#session?.wake();
    });
  }
}
