import { readFileSync } from 'node:fs';

/** Start time of a process in kernel ticks since boot; undefined when it is gone or there is no `/proc`. */
export function readStartTime(pid: number): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name, field 2, is in brackets and may itself hold brackets and blanks: count from its end.
    return text.slice(text.lastIndexOf(')') + 2).split(' ', 20)[19];
  } catch {
    return undefined;
  }
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
