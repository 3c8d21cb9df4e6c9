import { FAMILY, HEAD_KEY, isDefinitionKey } from '../keys.ts';
import { headCodec } from '../records.ts';
import { readFrames } from '../snapshot-frames.ts';
import { toHex } from '../bytes.ts';
import type { BackupHeader } from './backup-file.ts';
import { readBackup } from './backup-file.ts';

/** How many records of each kind a state holds. */
export interface BackupCounts {
  readonly jobs: number;
  readonly executions: number;
  readonly outputs: number;
  readonly open_runs: number;
  readonly closed_runs: number;
  readonly ledger_entries: number;
  readonly dues: number;
  readonly settings: number;
}

/** What is in a backup whose every checksum is right. */
export interface BackupSummary extends BackupHeader {
  /** Bytes as stored, the frame of the backup left out. */
  readonly state_bytes: number;
  /** Bytes of keys and values. */
  readonly plain_bytes: number;
  readonly records: number;
  readonly counts: BackupCounts;
  /** Lower-case hex; equal to that of a server that applied the same commands. */
  readonly state_hash: string;
  /** Index of the last command. */
  readonly last_command: number;
}

const KINDS: Readonly<Record<string, keyof BackupCounts>> = {
  [FAMILY.job]: 'jobs',
  [FAMILY.execution]: 'executions',
  [FAMILY.output]: 'outputs',
  [FAMILY.openRun]: 'open_runs',
  [FAMILY.closedRun]: 'closed_runs',
  [FAMILY.ledger]: 'ledger_entries',
  [FAMILY.due]: 'dues',
  [FAMILY.setting]: 'settings',
};

/** Reads a backup to its end and checks all of it. @throws StoreError `bad_snapshot` */
export async function inspectBackup(chunks: AsyncIterable<Uint8Array>): Promise<BackupSummary> {
  const { header, state } = await readBackup(chunks);
  const counts = {
    jobs: 0,
    executions: 0,
    outputs: 0,
    open_runs: 0,
    closed_runs: 0,
    ledger_entries: 0,
    dues: 0,
    settings: 0,
  };
  let stateBytes = 0;
  let plainBytes = 0;
  let records = 0;
  let head = { appliedIndex: 0n, stateHash: new Uint8Array(32) as Uint8Array };
  const counted = async function* (): AsyncGenerator<Uint8Array> {
    for await (const piece of state) {
      stateBytes += piece.length;
      yield piece;
    }
  };
  for await (const entries of readFrames(counted())) {
    for (const [key, value] of entries) {
      records += 1;
      plainBytes += key.length + value.length;
      if (key.length === 1 && key[0] === HEAD_KEY[0]) head = headCodec.decode(value);
      const kind = KINDS[String.fromCharCode(key[0] ?? 0)];
      if (kind !== undefined && (kind !== 'jobs' || isDefinitionKey(key))) counts[kind] += 1;
    }
  }
  return {
    ...header,
    state_bytes: stateBytes,
    plain_bytes: plainBytes,
    records,
    counts,
    state_hash: toHex(head.stateHash),
    last_command: Number(head.appliedIndex),
  };
}
