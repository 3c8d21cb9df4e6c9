import { accessSync, constants, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { StartError } from './errors.ts';

export interface DataPaths {
  readonly store: string;
  readonly journal: string;
  /** Log, snapshots and identity of the consensus. */
  readonly raft: string;
  /** Where a backup is made ready; nothing in it outlives the process. */
  readonly restore: string;
}

/** As `recursive`, which never returns where the system answers ENOENT for a directory that exists, as /proc does. */
function makeDir(path: string): void {
  if (existsSync(path)) return;
  if (dirname(path) !== path) makeDir(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/** Makes the data directory ready, or says why it cannot be used. */
export function prepareDataDir(dataDir: string): DataPaths {
  if (existsSync(join(dataDir, 'raft', 'raft.db'))) {
    throw new StartError(
      'foreign_data',
      `data-dir: ${dataDir} holds the data of a Go Dkron (raft/raft.db), which is not read. Start with another ` +
        `data-dir and bring the jobs over: GET /v1/jobs there, POST /v1/restore here.`,
      { option: 'data-dir', value: dataDir },
    );
  }
  try {
    makeDir(resolve(dataDir, 'worker'));
    accessSync(dataDir, constants.W_OK | constants.R_OK);
    rmSync(join(dataDir, 'restore'), { recursive: true, force: true });
  } catch (cause) {
    throw new StartError('data_dir', `data-dir: cannot use ${dataDir}: ${(cause as Error).message}`, {
      option: 'data-dir',
      value: dataDir,
    });
  }
  return {
    store: join(dataDir, 'store'),
    journal: join(dataDir, 'worker', 'journal'),
    raft: join(dataDir, 'raft'),
    restore: join(dataDir, 'restore'),
  };
}
