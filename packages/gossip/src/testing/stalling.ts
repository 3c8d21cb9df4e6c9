import type { Cancel, Timers } from '@dkron/runtime';
import type { Address } from '../core/types.ts';
import type { GossipTransport, StreamConnection, TransportHandler } from '../net/transport.ts';

/**
 * One thread that can stand still: what its timers and its transport would have called meanwhile waits. Then, as in Node,
 * timers come before packets.
 */
export class StallingThread {
  readonly timers: Timers;
  readonly #inner: Timers;
  #stalled = false;
  #dueTimers: (() => void)[] = [];
  #waiting: (() => void)[] = [];

  constructor(inner: Timers) {
    this.#inner = inner;
    this.timers = {
      after: (delayMs, fn) => this.#plan((run) => inner.after(delayMs, run), fn),
      nextTurn: (fn) => this.#plan((run) => inner.nextTurn(run), fn),
      sleep: (delayMs, signal) => inner.sleep(delayMs, signal),
    };
  }

  stall(forMs: number): void {
    this.#stalled = true;
    this.#inner.after(forMs, () => {
      this.#stalled = false;
      for (const run of this.#dueTimers.splice(0)) run();
      this.#inner.nextTurn(() => {
        for (const run of this.#waiting.splice(0)) run();
      });
    });
  }

  /** The transport as this thread sees it. */
  transport(inner: GossipTransport): GossipTransport {
    const wrap = (handler: TransportHandler): TransportHandler => ({
      packet: (datagram: Uint8Array, from: Address) => this.#whenAwake(() => handler.packet(datagram, from)),
      stream: (connection: StreamConnection) => handler.stream(connection),
      failed: (what, peer, error) => this.#whenAwake(() => handler.failed(what, peer, error)),
    });
    return {
      open: (handler) => inner.open(wrap(handler)),
      sendPacket: (to, datagram) => inner.sendPacket(to, datagram),
      dial: (to) => inner.dial(to),
      close: () => inner.close(),
    };
  }

  #whenAwake(run: () => void): void {
    if (this.#stalled) this.#waiting.push(run);
    else run();
  }

  #plan(plan: (run: () => void) => Cancel, fn: () => void): Cancel {
    let isCancelled = false;
    const cancel = plan(() => {
      if (!this.#stalled) fn();
      else this.#dueTimers.push(() => (isCancelled ? undefined : fn()));
    });
    return () => {
      isCancelled = true;
      cancel();
    };
  }
}
