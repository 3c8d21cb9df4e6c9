import { lstatSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GUARD_SCRIPT } from './guard.ts';

/** Paths of sockets are short: 103 bytes on macOS, 107 on Linux. */
const BASE_PATH_MAX = 60;
const PREFIX = 'dkron-plugins-';
const GUARD_NAME = 'guard';
const OWNER_NAME = 'host';
/** Places in what `statOf` gives. */
const GROUP = 2;
const START = 19;

/** Where a host keeps the folders of its plugins' sockets. */
export interface BaseFolder {
  readonly path: string;
  /** Of `GUARD_SCRIPT`. */
  readonly guardPath: string;
  /** Where folders that may be removed say so. */
  remove(): void;
}

/**
 * Makes a folder for nobody else, short, because paths of sockets are. What hosts have left that were killed together with
 * all that stood by their plugins is ended and removed first.
 */
export function makeBaseFolder(): BaseFolder {
  const folder = tmpdir().length > BASE_PATH_MAX ? '/tmp' : tmpdir();
  clearAway(folder);
  const path = mkdtempSync(join(folder, PREFIX));
  const guardPath = join(path, GUARD_NAME);
  writeFileSync(guardPath, GUARD_SCRIPT);
  writeFileSync(join(path, OWNER_NAME), nameOf(process.pid));
  return { path, guardPath, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function clearAway(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    try {
      if (!name.startsWith(PREFIX) || lstatSync(path).uid !== process.getuid?.()) continue;
      if (!isLeft(readFileSync(join(path, OWNER_NAME), 'utf8'))) continue;
      for (const group of groupsIn(path)) process.kill(-group, 'SIGKILL');
      rmSync(path, { recursive: true, force: true });
    } catch {
      // Somebody else is at it, or it has ended.
    }
  }
}

/** Whether a host that is no more wrote it, in a space of processes that can be seen from here. */
function isLeft(owner: string): boolean {
  const [space, pid] = owner.split(' ');
  return space === spaceOf() && nameOf(Number(pid)) !== owner;
}

/** A process beyond its number, which others get: the space of its number, and when it started. */
function nameOf(pid: number): string {
  return `${spaceOf()} ${pid} ${startOf(pid)}`;
}

function spaceOf(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return 'unknown';
  }
}

function startOf(pid: number): string {
  try {
    return statOf(pid)[START]!;
  } catch {
    return 'none';
  }
}

/** Groups of processes that have their sockets there, our own left out. */
function groupsIn(base: string): number[] {
  const variable = `\0PLUGIN_UNIX_SOCKET_DIR=${base}/`;
  const found = readdirSync('/proc').flatMap((name) => {
    try {
      const isOne = /^\d+$/.test(name) && `\0${readFileSync(`/proc/${name}/environ`, 'utf8')}`.includes(variable);
      return isOne ? [Number(statOf(name)[GROUP])] : [];
    } catch {
      return [];
    }
  });
  const own = Number(statOf(process.pid)[GROUP]);
  return [...new Set(found)].filter((group) => group !== own);
}

/** What the system tells about a process, from its state on: what stands before that is its name, and may be anything. */
function statOf(pid: number | string): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}
