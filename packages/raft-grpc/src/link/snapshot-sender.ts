import type { NodeId, SnapshotSource } from '@dkron/raft';
import type { Backoff } from '@dkron/runtime';
import type { StreamContext } from '../context.ts';
import { TransportError } from '../errors.ts';
import { OutgoingSnapshot } from './outgoing-snapshot.ts';

/** Sends snapshots, a few at a time, each as often as it takes. */
export class SnapshotSender {
  readonly #context: StreamContext;
  readonly #makeBackoff: () => Backoff;
  readonly #underWay = new Map<NodeId, { readonly stop: AbortController; readonly ended: Promise<void> }>();

  constructor(context: StreamContext, makeBackoff: () => Backoff) {
    this.#context = context;
    this.#makeBackoff = makeBackoff;
  }

  /** Resolves when the peer has it durably. @throws TransportError */
  async send(to: NodeId, addr: string, source: SnapshotSource, signal: AbortSignal): Promise<void> {
    const { options, modules } = this.#context;
    if (this.#underWay.has(to) || this.#underWay.size >= options.maxSnapshots) {
      throw new TransportError('snapshot_busy', `snapshots under way to ${[...this.#underWay.keys()].join(', ')}`, {
        to,
      });
    }
    const stop = new AbortController();
    const timeoutMs = options.snapshotTimeoutMs + (source.header.bytes / options.minSnapshotRateBytes) * 1000;
    const cancelTimer = modules.timers.after(Math.min(timeoutMs, 2 ** 31 - 1), () => {
      const text = `snapshot of ${source.header.bytes} bytes to ${to} took longer than ${Math.round(timeoutMs)} ms`;
      stop.abort(new TransportError('snapshot_timeout', text, { to, timeoutMs }));
    });
    const abort = (): void => {
      stop.abort(
        new TransportError('snapshot_aborted', `snapshot to ${to} was given up`, { to }, { cause: signal.reason }),
      );
    };
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    const sent = this.#try(to, addr, source, stop.signal);
    const ended = sent.catch(() => {});
    this.#underWay.set(to, { stop, ended });
    try {
      await sent;
    } finally {
      cancelTimer();
      signal.removeEventListener('abort', abort);
      this.#underWay.delete(to);
    }
  }

  async close(): Promise<void> {
    const closed = new TransportError('transport_closed', 'the transport is closed', {});
    for (const { stop } of this.#underWay.values()) stop.abort(closed);
    await Promise.all([...this.#underWay.values()].map(({ ended }) => ended));
  }

  async #try(to: NodeId, addr: string, source: SnapshotSource, signal: AbortSignal): Promise<void> {
    const { options, modules } = this.#context;
    const backoff = this.#makeBackoff();
    let retries = 0;
    let furthest = 0;
    for (;;) {
      signal.throwIfAborted();
      const attempt = new OutgoingSnapshot(to, addr, { source, context: this.#context });
      const end = (): void => attempt.end();
      signal.addEventListener('abort', end, { once: true });
      const result = await attempt.run();
      signal.removeEventListener('abort', end);
      signal.throwIfAborted();
      if (result.done) return;
      if (result.at !== undefined && result.at > furthest) {
        furthest = result.at;
        retries = 0;
        backoff.reset();
      }
      if (result.final || retries >= options.snapshotRetries) {
        throw new TransportError('snapshot_failed', `snapshot to ${to} failed: ${result.why}`, {
          to,
          retries,
          furthest,
        });
      }
      retries += 1;
      await modules.timers.sleep(backoff.next(), signal);
    }
  }
}
