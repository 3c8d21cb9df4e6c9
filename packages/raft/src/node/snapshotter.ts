import type { SnapshotMeta } from '../core/types.ts';
import { isRefused } from '../storage/errors.ts';
import type { ConfRecord, SnapshotSink, StoredSnapshot } from '../storage/ports.ts';
import type { ApplyLane } from './apply-lane.ts';
import { asError, RaftError } from './errors.ts';
import type { Host } from './host.ts';
import { encodePrelude } from './prelude.ts';
import type { StateCapture, StateSnapshot } from './state-machine.ts';
import type { TransferBuffer } from './state-transfer.ts';

/** Where snapshots fail, a peer that waits for one must not make them fail all the time. */
const WANTED_PAUSE_MS = 1_000;

interface Captured {
  readonly meta: SnapshotMeta;
  readonly prelude: Uint8Array;
  /** Absent: the state machine keeps it itself. */
  readonly state: StateSnapshot | undefined;
}

/**
 * Takes snapshots of the state machine, then compacts the log. Where the state machine is durable itself they hold no
 * state, until somebody needs it.
 */
export class Snapshotter {
  readonly #host: Host;
  readonly #applyLane: ApplyLane;
  readonly #transfer: TransferBuffer;
  #underWay: Promise<StoredSnapshot> | undefined;
  #withState: Promise<StoredSnapshot> | undefined;
  #lastIndex: number;
  #nextCheckMs: number;
  #nextWantedMs = 0;

  constructor(
    host: Host,
    parts: { readonly applyLane: ApplyLane; readonly transfer: TransferBuffer },
    lastIndex: number,
  ) {
    this.#host = host;
    this.#applyLane = parts.applyLane;
    this.#transfer = parts.transfer;
    this.#lastIndex = lastIndex;
    this.#nextCheckMs = host.modules.clock.monotonicMs() + this.#intervalMs();
  }

  /** Index of the newest snapshot; 0 while there is none. */
  get lastIndex(): number {
    return this.#lastIndex;
  }

  /** A snapshot of another server was installed. */
  installed(index: number): void {
    this.#lastIndex = Math.max(this.#lastIndex, index);
  }

  /** Takes one when it is due and worthwhile. */
  tick(nowMs: number): void {
    if (nowMs < this.#nextCheckMs) return;
    this.#nextCheckMs = nowMs + this.#intervalMs();
    if (this.#applyLane.applied - this.#lastIndex >= this.#host.options.snapshotThreshold) this.inBackground();
  }

  /** Looks at the threshold again after this interval. */
  reloaded(): void {
    this.#nextCheckMs = this.#host.modules.clock.monotonicMs() + this.#intervalMs();
  }

  /** A peer needs one that knows it as a member. */
  wanted(): void {
    const nowMs = this.#host.modules.clock.monotonicMs();
    if (nowMs < this.#nextWantedMs) return;
    this.#nextWantedMs = nowMs + WANTED_PAUSE_MS;
    this.inBackground();
  }

  /** Takes one; a failure is logged and tried again when the next is due. */
  inBackground(): void {
    if (this.#underWay !== undefined || this.#transfer.isOpen || this.#applyLane.applied === this.#lastIndex) return;
    this.take().catch((error: unknown) => {
      this.#host.metrics.snapshots.add(1, { kind: 'failed' });
      this.#host.modules.logger.error('raft snapshot failed', { error: asError(error).message });
    });
  }

  /** Resolves when none is being taken. */
  async settled(): Promise<void> {
    await this.#underWay?.catch(() => {});
  }

  /** Takes one now, or joins the one under way. @throws RaftError `snapshot_failed` */
  take(): Promise<StoredSnapshot> {
    this.#underWay ??= this.#take(false).finally(() => (this.#underWay = undefined));
    return this.#underWay;
  }

  /** Takes one that holds the state, for others to read. @throws RaftError `snapshot_failed` */
  takeWithState(): Promise<StoredSnapshot> {
    this.#withState ??= this.#takeWithState().finally(() => (this.#withState = undefined));
    return this.#withState;
  }

  /** The state of this moment with its position, for a reader of its own: nothing is written. */
  captureState(): Promise<StateCapture> {
    return this.#applyLane.between(async () => {
      const { members, modules } = this.#host;
      return { meta: this.#position(), members: members.list(), state: await modules.stateMachine.snapshot() };
    });
  }

  async #takeWithState(): Promise<StoredSnapshot> {
    if (this.#underWay !== undefined) await this.#underWay.catch(() => {});
    this.#underWay = this.#take(true).finally(() => (this.#underWay = undefined));
    return await this.#underWay;
  }

  async #take(withState: boolean): Promise<StoredSnapshot> {
    if (this.#applyLane.applied === 0) throw new RaftError('snapshot_failed', 'nothing is applied yet', {});
    const captured = await this.#applyLane.between(() => this.#capture(withState));
    const stored = await this.#persist(captured);
    if (!this.#host.running) return stored;
    const { core, window, modules, emitter, metrics, options } = this.#host;
    if (captured.meta.index > this.#lastIndex) {
      this.#lastIndex = captured.meta.index;
      window.setSnapshot(captured.meta);
      await this.#compact(captured.meta, core.log.lastIndex());
      await modules.snapshots.reap(options.snapshotsRetained);
    }
    metrics.snapshots.add(1, { kind: 'taken' });
    emitter.emit('snapshot', { kind: 'taken', index: stored.index, term: stored.term, bytes: stored.bytes });
    return stored;
  }

  #position(): SnapshotMeta {
    const { core, members } = this.#host;
    const index = this.#applyLane.applied;
    const term = core.log.term(index);
    if (term === undefined)
      throw new RaftError('snapshot_failed', `the term of entry ${index} is not known`, { index });
    return { index, term, confState: members.conf };
  }

  async #capture(withState: boolean): Promise<Captured> {
    const { members, modules } = this.#host;
    // Chunks that came are in the log alone, and must stay there.
    if (this.#transfer.isOpen) throw new RaftError('snapshot_failed', 'a restore is under way', {});
    const meta = this.#position();
    const { stateMachine } = modules;
    const machineIndex = await stateMachine.appliedIndex?.();
    const facts = {
      confIndex: members.index,
      infos: members.infos(),
      ...(machineIndex === undefined ? {} : { machineIndex }),
    };
    if (!withState && stateMachine.checkpoint !== undefined && machineIndex !== undefined) {
      await stateMachine.checkpoint();
      return { meta, prelude: encodePrelude({ ...facts, stateless: true }), state: undefined };
    }
    return { meta, prelude: encodePrelude(facts), state: await stateMachine.snapshot() };
  }

  async #persist({ meta, prelude, state }: Captured): Promise<StoredSnapshot> {
    const { snapshots, failpoint } = this.#host.modules;
    let sink: SnapshotSink | undefined;
    try {
      sink = await snapshots.create(meta);
      await sink.write(prelude);
      await state?.persist({ write: (chunk) => sink!.write(chunk) });
      failpoint('beforeSnapshotClose');
      const stored = await sink.close();
      failpoint('afterSnapshotClose');
      return stored;
    } catch (error) {
      await sink?.cancel().catch(() => {});
      const cause = asError(error);
      throw new RaftError(
        'snapshot_failed',
        `snapshot of index ${meta.index}: ${cause.message}`,
        { index: meta.index },
        { cause },
      );
    } finally {
      state?.release();
    }
  }

  async #compact({ index, confState }: SnapshotMeta, lastIndex: number): Promise<void> {
    const { modules, options, window } = this.#host;
    // With little space, followers that are behind must do with the snapshot.
    const trailing = this.#host.disk.low ? 0 : options.trailingLogs;
    const to = Math.min(index, lastIndex - trailing);
    if (to < window.firstIndex()) return;
    // Should this snapshot be damaged later, an older one does not tell which changes are gone from the log.
    await this.#record({ index, confState });
    modules.failpoint('beforeCompact');
    await modules.log.compact(to);
    if (this.#host.running) window.compact(to);
  }

  /** On a full disk the log is compacted nevertheless: that makes room, and a start that misses the record says so. */
  async #record(conf: ConfRecord): Promise<void> {
    try {
      await this.#host.modules.log.append({ confs: [conf] }, true);
    } catch (error) {
      if (!isRefused(error)) throw error;
    }
  }

  /** A tenth of chance, so that servers do not all write at once. */
  #intervalMs(): number {
    const { snapshotIntervalMs } = this.#host.options;
    return snapshotIntervalMs + this.#host.modules.random.nextInt(Math.max(1, Math.floor(snapshotIntervalMs / 10)));
  }
}
