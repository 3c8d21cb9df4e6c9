import type { SessionChannel, ToServer } from '@dkron/jobs';
import type { Cancel, Clock, Timers } from '@dkron/runtime';

/** Updates sent and not acknowledged; also dispatches and cancels received and not acknowledged. */
export const WINDOW_MAX = 256;
/** Output leaves the rest of the window to starts and results. */
const OUTPUT_WINDOW_MAX = 128;
/** Output bytes a session may send before the first credit message. */
const INITIAL_CREDIT_BYTES = 1 << 20;
const CREDIT_BYTES_MAX = 1 << 24;
/** Refusals, starts and results waiting for the window. */
const WAITING_MAX = 65_536;

type Numbered = Extract<ToServer, { readonly seq: number }>;
type WithoutSeq<M> = M extends { readonly seq: number } ? Omit<M, 'seq'> : never;
/** A message that counts in the sequence, not yet numbered. */
export type Update = WithoutSeq<Exclude<Numbered, { readonly type: 'ack' }>>;

interface Waiting {
  readonly update: Update;
  readonly acked: (() => void) | undefined;
}

export interface LinkModules {
  readonly channel: SessionChannel<ToServer>;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Called once, whoever ended the link. */
  readonly ended: (reason: string) => void;
}

export interface LinkOptions {
  /** The session ends unless it is welcomed within. */
  readonly helloTimeoutMs: number;
  /** How long an acknowledgement waits for something to go with; 0 = not at all. */
  readonly ackDelayMs: number;
}

/** Order, windows, credit, lease and batches of one session, without any knowledge of executions. */
export class SessionLink {
  readonly #modules: LinkModules;
  readonly #ackDelayMs: number;
  #open = true;
  #hello: (() => ToServer) | null;
  #drain = false;
  readonly #waiting: Waiting[] = [];
  readonly #unacked = new Map<number, (() => void) | undefined>();
  #sentSeq = 0;
  #peerAckedSeq = 0;
  #receivedSeq = 0;
  #settledSeq = 0;
  #ackedSeq = 0;
  readonly #settled = new Set<number>();
  #creditBytes = INITIAL_CREDIT_BYTES;
  #pings = 0;
  #pingDue = false;
  #heardAtMs: number;
  #flush: Cancel | null = null;
  #ackTimer: Cancel | null = null;
  #timer: Cancel;

  constructor(hello: () => ToServer, { helloTimeoutMs, ackDelayMs }: LinkOptions, modules: LinkModules) {
    this.#modules = modules;
    this.#ackDelayMs = ackDelayMs;
    this.#hello = hello;
    this.#heardAtMs = modules.clock.monotonicMs();
    this.#timer = modules.timers.after(helloTimeoutMs, () => this.close('no welcome in time'));
    this.#schedule();
  }

  get open(): boolean {
    return this.#open;
  }

  /** Begins to ping: every `leaseMs` / 5; silence of `leaseMs` ends the session. */
  keepAlive(leaseMs: number): void {
    this.#timer();
    if (!this.#open) return;
    this.#timer = this.#modules.timers.after(leaseMs / 5, () => {
      if (this.#modules.clock.monotonicMs() - this.#heardAtMs > leaseMs) return this.close('lease: server is silent');
      this.#pingDue = true;
      this.#schedule();
      this.keepAlive(leaseMs);
    });
  }

  heard(): void {
    this.#heardAtMs = this.#modules.clock.monotonicMs();
  }

  /** Sent once the window has room, never dropped while the session lasts; `acked` is called when the server has it. */
  send(update: Update, acked?: () => void): void {
    if (!this.#open) return;
    if (this.#waiting.length >= WAITING_MAX) return this.close('window: too much unacknowledged');
    this.#waiting.push({ update, acked });
    this.#schedule();
  }

  /** Output bytes that may be sent now. */
  get outputCreditBytes(): number {
    const room = this.#open && this.#waiting.length + this.#unacked.size < OUTPUT_WINDOW_MAX;
    return room ? this.#creditBytes : 0;
  }

  /** Sends a chunk if window and credit allow it; false = dropped. */
  sendOutput(update: Extract<Update, { readonly type: 'output' }>): boolean {
    if (update.bytes.length > this.outputCreditBytes) return false;
    this.#creditBytes -= update.bytes.length;
    this.send(update);
    return true;
  }

  addCredit(bytes: number): void {
    this.#creditBytes = Math.min(this.#creditBytes + bytes, CREDIT_BYTES_MAX);
  }

  sendDrain(): void {
    this.#drain = true;
    this.#schedule();
  }

  /** Takes the number of a dispatch or cancel; false = the session ended because it is not the next. */
  received(seq: number): boolean {
    if (seq !== this.#receivedSeq + 1) this.close(`sequence: ${seq} after ${this.#receivedSeq}`);
    else if (seq - this.#settledSeq > WINDOW_MAX) this.close('window: too many dispatches unacknowledged');
    else this.#receivedSeq = seq;
    return this.#open;
  }

  /**
   * What came under `seq` is dealt with; acknowledged when everything before it is, too: with the next message, such as
   * the end of a short run, or after a moment, or when half of the window waits for it.
   */
  settle(seq: number): void {
    this.#settled.add(seq);
    while (this.#settled.delete(this.#settledSeq + 1)) this.#settledSeq++;
    if (this.#settledSeq > this.#ackedSeq) this.#acknowledgeSoon();
  }

  #acknowledgeSoon(): void {
    if (!this.#open) return;
    if (this.#ackDelayMs === 0 || this.#settledSeq - this.#ackedSeq >= WINDOW_MAX / 2) return this.#schedule();
    this.#ackTimer ??= this.#modules.timers.after(this.#ackDelayMs, () => {
      this.#ackTimer = null;
      if (this.#settledSeq > this.#ackedSeq) this.#schedule();
    });
  }

  /** The server has everything up to `seq`. */
  peerAcked(seq: number): void {
    if (seq > this.#sentSeq) return this.close(`sequence: ack of ${seq} after ${this.#sentSeq} sent`);
    while (this.#peerAckedSeq < seq) {
      const acked = this.#unacked.get(++this.#peerAckedSeq);
      this.#unacked.delete(this.#peerAckedSeq);
      acked?.();
    }
    if (this.#waiting.length > 0) this.#schedule();
  }

  close(reason: string): void {
    if (!this.#open) return;
    this.ended(reason);
    this.#modules.channel.close(reason);
  }

  /** The channel is gone. */
  ended(reason: string): void {
    if (!this.#open) return;
    this.#open = false;
    this.#timer();
    this.#flush?.();
    this.#ackTimer?.();
    this.#waiting.length = 0;
    this.#unacked.clear();
    this.#modules.ended(reason);
  }

  #schedule(): void {
    if (!this.#open) return;
    this.#flush ??= this.#modules.timers.nextTurn(() => {
      this.#flush = null;
      const messages = this.#takeMessages();
      if (messages.length > 0) this.#modules.channel.send(messages);
    });
  }

  #takeMessages(): ToServer[] {
    const messages: ToServer[] = [];
    if (this.#hello) messages.push(this.#hello());
    this.#hello = null;
    if (this.#settledSeq > this.#ackedSeq) messages.push({ type: 'ack', seq: (this.#ackedSeq = this.#settledSeq) });
    if (this.#drain) messages.push({ type: 'drain' });
    if (this.#pingDue) messages.push({ type: 'ping', n: ++this.#pings });
    this.#drain = false;
    this.#pingDue = false;
    const room = Math.min(WINDOW_MAX - this.#unacked.size, this.#waiting.length);
    for (const { update, acked } of this.#waiting.splice(0, room)) {
      const seq = ++this.#sentSeq;
      this.#unacked.set(seq, acked);
      messages.push({ ...update, seq });
    }
    return messages;
  }
}
