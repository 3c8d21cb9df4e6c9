import type { Message } from '../core/message.ts';
import type { NodeId, SnapshotMeta } from '../core/types.ts';
import type { SnapshotSink, StoredSnapshot } from '../storage/ports.ts';
import type { SnapshotHeader, SnapshotIntake, SnapshotSource } from '../transport/transport.ts';
import { asError, RaftError } from './errors.ts';
import type { Host } from './host.ts';
import { readPrelude } from './prelude.ts';
import type { Snapshotter } from './snapshotter.ts';

/** Between the acceptance of a snapshot and its first bytes. */
const INTAKE_TIMEOUT_MS = 30_000;

/** Sends snapshots to peers: one at a time to each, few in all. */
export class SnapshotSender {
  readonly #host: Host;
  readonly #snapshotter: Pick<Snapshotter, 'takeWithState'>;
  readonly #sending = new Map<NodeId, AbortController>();

  constructor(host: Host, snapshotter: Pick<Snapshotter, 'takeWithState'>) {
    this.#host = host;
    this.#snapshotter = snapshotter;
  }

  /** Serves a `Snap` message; always ends in `reportSnapshot`. */
  send(message: Message): void {
    const { to } = message;
    const busy = this.#sending.has(to) || this.#sending.size >= this.#host.options.maxSnapshotStreams;
    if (busy) {
      this.#report(to, false);
      return;
    }
    const abort = new AbortController();
    this.#sending.set(to, abort);
    this.#send(message, abort.signal).then(
      () => this.#done(to, abort, undefined),
      (error: unknown) => this.#done(to, abort, asError(error)),
    );
  }

  stop(): void {
    for (const abort of this.#sending.values()) abort.abort(new Error('stopped'));
  }

  async #send(message: Message, signal: AbortSignal): Promise<void> {
    const { snapshots, transport } = this.#host.modules;
    const stored = await this.#withState(message.snapshot!);
    const source: SnapshotSource = {
      header: { message, meta: message.snapshot!, bytes: stored.bytes, sha256: stored.sha256 },
      open: async (offset) => (await snapshots.open(stored.id, { offset, verify: offset === 0 })).stream,
    };
    await transport.sendSnapshot(message.to, this.#host.address(message.to), source, signal);
  }

  /** The asked-for snapshot, with the state; if that can only be had newer, the core will ask for the newer one. */
  async #withState({ index, term }: SnapshotMeta): Promise<StoredSnapshot> {
    const { snapshots } = this.#host.modules;
    const stored = (await snapshots.list()).find((one) => one.index === index && one.term === term);
    if (stored === undefined) throw new RaftError('snapshot_failed', `snapshot ${index} is gone`, { index });
    const { prelude, rest } = await readPrelude((await snapshots.open(stored.id, { verify: false })).stream);
    await rest[Symbol.asyncIterator]().return?.();
    if (prelude.stateless !== true) return stored;
    const taken = await this.#snapshotter.takeWithState();
    if (taken.index === index && taken.term === term) return taken;
    throw new RaftError('snapshot_failed', `snapshot ${index} holds no state, ${taken.index} does`, { index });
  }

  #done(to: NodeId, abort: AbortController, error: Error | undefined): void {
    if (this.#sending.get(to) === abort) this.#sending.delete(to);
    if (!this.#host.running) return;
    this.#host.metrics.snapshots.add(1, { kind: error === undefined ? 'sent' : 'failed' });
    if (error !== undefined) this.#host.modules.logger.warn('raft snapshot was not sent', { to, error: error.message });
    this.#report(to, error === undefined);
  }

  #report(to: NodeId, ok: boolean): void {
    this.#host.guard(() => this.#host.core.reportSnapshot(to, ok));
    this.#host.schedule();
  }
}

/** Receives snapshots into the storage, then tells the core. */
export class SnapshotReceiver {
  readonly #host: Host;
  #receiving = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  async accept(from: NodeId, header: SnapshotHeader): Promise<SnapshotIntake> {
    const { modules, options, core } = this.#host;
    const { message, meta } = header;
    if (message.type !== 'Snap' || message.from !== from || message.to !== core.id) {
      throw new RaftError('snapshot_failed', `a snapshot of ${message.from} for ${message.to} came from ${from}`, {});
    }
    const present = (await modules.snapshots.list()).find((one) => isSame(one, header));
    if (present !== undefined || meta.index <= core.basicStatus().commit) {
      // Nothing to receive; the core acknowledges what it has.
      return { offset: header.bytes, take: async () => this.#step(message) };
    }
    if (this.#receiving >= options.maxSnapshotStreams) {
      throw new RaftError('overloaded', `${this.#receiving} snapshots are being received already`, {});
    }
    this.#receiving += 1;
    try {
      const sink = await modules.snapshots.create(meta, { resume: true });
      return this.#intake(sink, header);
    } catch (error) {
      this.#receiving -= 1;
      throw error;
    }
  }

  /** A sender that goes away before it sends must not keep its place. */
  #intake(sink: SnapshotSink, header: SnapshotHeader): SnapshotIntake {
    let given = true;
    const cancel = this.#host.modules.timers.after(INTAKE_TIMEOUT_MS, () => {
      given = false;
      this.#receiving -= 1;
      sink.suspend().catch(() => {});
    });
    return {
      offset: sink.offset,
      take: async (stream) => {
        cancel();
        if (!given) throw new RaftError('snapshot_failed', 'the bytes of the snapshot came too late', {});
        // Once: its place is given back at the end.
        given = false;
        return await this.#take(sink, header, stream);
      },
    };
  }

  async #take(sink: SnapshotSink, header: SnapshotHeader, stream: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      const stored = await this.#write(sink, header, stream);
      if (!this.#host.running) return;
      this.#step(header.message);
      this.#host.metrics.snapshots.add(1, { kind: 'received' });
      const { index, term, bytes } = stored;
      this.#host.emitter.emit('snapshot', { kind: 'received', index, term, bytes });
    } finally {
      this.#receiving -= 1;
    }
  }

  async #write(sink: SnapshotSink, header: SnapshotHeader, stream: AsyncIterable<Uint8Array>): Promise<StoredSnapshot> {
    try {
      for await (const chunk of stream) {
        if (!this.#host.running || sink.offset + chunk.byteLength > header.bytes)
          throw new Error('the stream is too long, or the node stopped');
        await sink.write(chunk);
      }
    } catch (error) {
      // What is here stays: the next stream goes on from it.
      await sink.suspend().catch(() => {});
      throw error;
    }
    return await sink.close({ bytes: header.bytes, sha256: header.sha256 });
  }

  #step(message: Message): void {
    this.#host.guard(() => this.#host.core.step(message));
    this.#host.schedule();
  }
}

function isSame(stored: StoredSnapshot, header: SnapshotHeader): boolean {
  return stored.index === header.meta.index && stored.term === header.meta.term && stored.sha256 === header.sha256;
}
