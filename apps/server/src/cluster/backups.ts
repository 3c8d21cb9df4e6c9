import { rm } from 'node:fs/promises';
import { storeCodec } from '@dkron/contracts';
import { formatRfc3339 } from '@dkron/cron';
import type { RaftNode, StateSnapshot } from '@dkron/raft';
import type { Clock, Logger } from '@dkron/runtime';
import type { Engine } from '@dkron/scheduler';
import { Planner } from '@dkron/scheduler';
import type { BackupHeader } from '@dkron/store';
import { prepareRestored, readBackup, StoreError, writeBackup } from '@dkron/store';
import { openLevel } from '@dkron/store/level';
import { retentionOf } from '../open-store.ts';
import type { ServerOptions } from '../options.ts';
import { SOFTWARE } from '../version.ts';
import type { FeatureGate } from './feature-gate.ts';
import type { Leadership } from './leadership.ts';
import type { RaftLog } from './raft-log.ts';

/** Each keeps a moment of the store alive. */
const SAVES_MAX = 4;
const RESTORING = 'a backup is being restored';

export interface BackupsOptions extends ServerOptions {
  /** Where a backup is made ready; of this process alone. */
  readonly folder: string;
}

export interface BackupsModules {
  readonly raft: RaftNode;
  readonly log: RaftLog;
  readonly engine: Engine;
  readonly features: Pick<FeatureGate, 'level'>;
  /** Undefined while the server starts. */
  readonly leadership: () => Leadership | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A backup to be read once. */
export interface SavedBackup {
  readonly header: BackupHeader;
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Lets go of the moment, read or not. Idempotent. */
  close(): void;
}

export interface RestoredBackup {
  readonly header: BackupHeader;
  readonly jobs: number;
  /** Entry of the log from which on the cluster has this state. */
  readonly index: number;
}

/** Why a backup is neither saved nor restored now. */
export class BackupBusyError extends Error {}

/** The whole state of the cluster as one file, and back, while the cluster works. */
export class Backups {
  readonly #options: BackupsOptions;
  readonly #modules: BackupsModules;
  #saves = 0;
  #restoring = false;

  constructor(options: BackupsOptions, modules: BackupsModules) {
    this.#options = options;
    this.#modules = modules;
  }

  /**
   * The state of this moment on this server. Everything acknowledged before the call is in it, unless `stale`: then it is
   * what this server knows, leader or not.
   * @throws RaftError while no leader is known; BackupBusyError
   */
  async save({ stale }: { readonly stale: boolean }): Promise<SavedBackup> {
    const { raft, clock } = this.#modules;
    if (!stale) await raft.readIndex();
    if (this.#saves >= SAVES_MAX) throw new BackupBusyError(`${SAVES_MAX} backups are being read from this server`);
    this.#saves += 1;
    try {
      const { meta, members, state } = await raft.captureState();
      const header: BackupHeader = {
        software: SOFTWARE,
        created_at: formatRfc3339(clock.wallNanos(), ''),
        node: this.#options.nodeName,
        region: this.#options.region,
        cluster_id: raft.identity.clusterId,
        index: meta.index,
        term: meta.term,
        feature_level: this.#modules.features.level,
        members: members.map(({ id, address, suffrage }) => ({ id, address, voter: suffrage === 'voter' })),
      };
      let isOpen = true;
      const close = (): void => {
        if (!isOpen) return;
        isOpen = false;
        state.release();
        this.#saves -= 1;
      };
      return { header, chunks: writeBackup(header, chunksOf(state, close)), close };
    } catch (error) {
      this.#saves -= 1;
      throw error;
    }
  }

  /**
   * Replaces the state of the whole cluster, on its leader: all of it or nothing. The backup is checked to its end before
   * anything changes; then nobody else writes until every server has it.
   * @throws StoreError `bad_snapshot`; RaftError; BackupBusyError
   */
  async restore(chunks: AsyncIterable<Uint8Array>): Promise<RestoredBackup> {
    if (this.#restoring) throw new BackupBusyError(RESTORING);
    this.#restoring = true;
    try {
      return await this.#restore(chunks);
    } finally {
      this.#restoring = false;
    }
  }

  async #restore(chunks: AsyncIterable<Uint8Array>): Promise<RestoredBackup> {
    const { raft, log, engine, logger, leadership } = this.#modules;
    const { folder, region, defaultTimezone } = this.#options;
    const { header, state } = await readBackup(chunks);
    if (header.feature_level > this.#options.featureLevelMax) throw tooNew(header, this.#options.featureLevelMax);
    await rm(folder, { recursive: true, force: true });
    const kv = await openLevel({ path: folder });
    try {
      const stamp = engine.stamps.next();
      const planner = new Planner({ region });
      const prepared = await prepareRestored(
        {
          stamp,
          retention: retentionOf(this.#options),
          coming: (job, settings) => {
            planner.schedules.useTimezone(defaultTimezone || (settings.get('default-timezone') ?? 'UTC'));
            return planner.planRestored(job, stamp);
          },
        },
        { kv, codec: storeCodec, logger },
        state,
      );
      const lead = leadership();
      if (lead === undefined) throw new BackupBusyError('this server is starting');
      logger.warn('cluster: the state of all servers is being replaced by a backup', { ...describe(header) });
      await lead.pausedDuring(() => log.closedDuring(RESTORING, () => raft.restore(prepared.snapshot())));
      const index = raft.stats().applied;
      logger.warn('cluster: the backup is restored', { jobs: prepared.jobs, index });
      return { header, jobs: prepared.jobs, index };
    } finally {
      await kv.close();
      await rm(folder, { recursive: true, force: true });
    }
  }
}

function describe({ software, created_at, node, cluster_id, index, term }: BackupHeader): Record<string, unknown> {
  return { software, created_at, node, cluster_id, index, term };
}

function tooNew({ software, feature_level: level }: BackupHeader, known: number): StoreError {
  const why = `it was saved by ${software} at feature level ${level}; this version (${SOFTWARE}) knows up to ${known}: upgrade first`;
  return new StoreError('bad_snapshot', `the backup was refused: ${why}`, { why });
}

/** Pulls what a snapshot pushes; holds no more than a chunk. */
async function* chunksOf(state: StateSnapshot, close: () => void): AsyncGenerator<Uint8Array> {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const written = state.persist({ write: (chunk) => writer.write(chunk) }).then(
    () => writer.close(),
    (error: unknown) => writer.abort(error),
  );
  try {
    yield* readable;
    await written;
  } finally {
    await written.catch(() => undefined);
    close();
  }
}
