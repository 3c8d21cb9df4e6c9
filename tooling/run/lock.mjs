// One builder per clone. A lock of a process that is gone is taken over.
//
// The lock is a row of numbered files; the highest number counts. It is either held (names a process) or free. To
// acquire means to create the next number, which only one process can; to release means to overwrite the own file with
// "free". Nothing that counts is ever deleted, so a slow observer cannot remove a lock that it has not seen.
import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const NAME = /^build\.lock\.(\d+)$/;
const POLL_MS = 100;

/** Start time of a process, to tell a reused process id; undefined where the system does not say. */
function startedAt(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

function isAlive({ pid, started }) {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
  return started === undefined || started === startedAt(pid);
}

function numbersIn(folder) {
  return readdirSync(folder)
    .map((name) => Number(NAME.exec(name)?.[1] ?? -1))
    .filter((number) => number >= 0)
    .sort((a, b) => a - b);
}

function readHolder(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** One attempt. @returns {{ release?: () => void, holder?: { pid: number } }} */
export function tryLock(folder) {
  mkdirSync(folder, { recursive: true });
  const pathOf = (number) => join(folder, `build.lock.${number}`);
  const highest = numbersIn(folder).at(-1) ?? 0;
  const holder = highest > 0 ? readHolder(pathOf(highest)) : undefined;
  if (holder?.pid !== undefined && isAlive(holder)) return { holder };

  const mine = pathOf(highest + 1);
  const draft = join(folder, `build.lock.draft.${process.pid}`);
  writeFileSync(draft, JSON.stringify({ pid: process.pid, started: startedAt(process.pid) }));
  try {
    linkSync(draft, mine);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    return {};
  } finally {
    rmSync(draft, { force: true });
  }
  // Seen late: others may have come and gone since the listing, up to a higher number.
  if (numbersIn(folder).at(-1) !== highest + 1) {
    rmSync(mine, { force: true });
    return {};
  }
  for (const number of numbersIn(folder)) if (number <= highest) rmSync(pathOf(number), { force: true });
  const release = () => {
    writeFileSync(draft, '{"free":true}');
    renameSync(draft, mine);
  };
  return { release };
}

/** Waits for the lock, runs `work` under it, releases it. */
export async function withLock(folder, work, onWait = () => {}) {
  let told = false;
  for (;;) {
    const { release, holder } = tryLock(folder);
    if (release) {
      try {
        return await work();
      } finally {
        release();
      }
    }
    if (holder && !told) {
      told = true;
      onWait(holder.pid);
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
