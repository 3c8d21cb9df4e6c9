import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** `/proc/<pid>/stat` from field 3 on; undefined when the process is gone or there is no `/proc`. */
function readStat(pid: number | string): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, field 2, is in brackets and may itself hold brackets and blanks: count from its end.
    return text.slice(text.lastIndexOf(')') + 2).split(' ', 20);
  } catch {
    return undefined;
  }
}

/** Start time of a process in kernel ticks since boot (field 22). */
export function readStartTime(pid: number): string | undefined {
  return readStat(pid)?.[19];
}

/** Whether somebody in the group still runs. Ended processes that nobody collected do not count. */
export function groupRuns(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch {
    return false;
  }
  if (!existsSync('/proc/self/stat')) return true;
  return readdirSync('/proc').some((name) => {
    const [state, , processGroup] = (/^[0-9]+$/.test(name) && readStat(name)) || [];
    return processGroup === String(group) && state !== 'Z' && state !== 'X';
  });
}

/**
 * Signals a process group unless its number meanwhile belongs to somebody else. A number cannot be given out again
 * while the group has members, so a living first process with another start time means that the group is gone.
 */
export function signalGroup(group: number, startTime: string | undefined, signal: NodeJS.Signals): boolean {
  const now = readStartTime(group);
  if (now !== undefined && startTime !== undefined && now !== startTime) return false;
  try {
    return process.kill(-group, signal);
  } catch {
    return false;
  }
}
