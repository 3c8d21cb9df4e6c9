import type { Message } from '../../core/index.ts';
import type { HandshakeVerdict } from '../../transport/handshake.ts';
import type { LoopbackTransport } from '../../transport/loopback.ts';
import type {
  PeerConnection,
  SnapshotIntake,
  SnapshotSource,
  Transport,
  TransportHandler,
} from '../../transport/transport.ts';
import type { ProcessTime } from './virtual-time.ts';

const GONE: HandshakeVerdict = { accepted: false, code: 'unauthorized', message: 'the process is gone' };

export interface GatedTransportModules {
  readonly process: ProcessTime;
  /** Shows what goes out to the checkers. */
  readonly sent: (message: Message) => void;
  /** After how long the network brings a message a second time, in milliseconds; undefined if it does not. */
  readonly again: () => number | undefined;
}

/** What comes in waits while the process stands still, and is lost with it; what goes out is shown to the checkers. */
export class GatedTransport implements Transport {
  readonly #inner: LoopbackTransport;
  readonly #process: ProcessTime;
  readonly #sent: (message: Message) => void;
  readonly #again: () => number | undefined;

  constructor(inner: LoopbackTransport, modules: GatedTransportModules) {
    this.#inner = inner;
    this.#process = modules.process;
    this.#sent = modules.sent;
    this.#again = modules.again;
  }

  localAddr(): string {
    return this.#inner.localAddr();
  }

  setHandler(handler: TransportHandler): void {
    if (this.#process.alive) this.#inner.setHandler(gated(handler, this.#process));
  }

  send(to: string, addr: string, messages: readonly Message[]): void {
    if (!this.#process.alive) return;
    for (const message of messages) {
      this.#sent(message);
      const delayMs = this.#again();
      if (delayMs !== undefined) this.#process.after(delayMs, () => this.#inner.send(to, addr, [message]));
    }
    this.#inner.send(to, addr, messages);
  }

  sendSnapshot(to: string, addr: string, source: SnapshotSource, signal: AbortSignal): Promise<void> {
    if (!this.#process.alive) return Promise.reject(new Error('the process is gone'));
    this.#sent(source.header.message);
    return this.#inner.sendSnapshot(to, addr, source, signal);
  }

  forget(id: string): void {
    if (this.#process.alive) this.#inner.forget(id);
  }

  connections(): readonly PeerConnection[] {
    return this.#inner.connections();
  }

  async close(): Promise<void> {
    if (this.#process.alive) await this.#inner.close();
  }
}

function gated(handler: TransportHandler, process: ProcessTime): TransportHandler {
  return {
    handshake: (to) => handler.handshake(to),
    judge: (handshake, purpose) => process.orDeath(() => handler.judge(handshake, purpose)).catch(() => GONE),
    connected: (peer) => process.deliver(() => handler.connected(peer)),
    disconnected: (id, boot) => process.deliver(() => handler.disconnected(id, boot)),
    message: (from, messages) => {
      process.deliver(() => void handler.message(from, messages));
      return undefined;
    },
    snapshot: async (from, header) => {
      const intake: SnapshotIntake = await process.orDeath(() => handler.snapshot(from, header));
      return { offset: intake.offset, take: (stream) => process.orDeath(() => intake.take(stream)) };
    },
    unreachable: (id, reason) => process.deliver(() => handler.unreachable(id, reason)),
  };
}
