import {
  type Entry,
  type HardState,
  hardStateOf,
  type Message,
  type Ready,
  type SnapshotMeta,
} from '../../core/index.ts';

/** One write: everything in it is there after a crash, or nothing. */
export interface WriteBatch {
  readonly entries: readonly Entry[];
  readonly hardState: HardState | undefined;
  readonly snapshot: SnapshotMeta | undefined;
  /** Whether it is durable when done. */
  readonly synced: boolean;
  /** To be delivered when it is done. */
  readonly responses: readonly Message[];
}

/** What a `StorageAppend` of the core says. */
export function asyncBatch(message: Message): WriteBatch {
  const { entries, snapshot, responses } = message;
  return { entries, snapshot, responses, hardState: hardStateOf(message), synced: responses.length > 0 };
}

/** What a ready says without asynchronous storage. */
export function syncBatch({ entries, snapshot, hardState, mustSync }: Ready): WriteBatch {
  return { entries, snapshot, responses: [], hardState, synced: mustSync };
}
