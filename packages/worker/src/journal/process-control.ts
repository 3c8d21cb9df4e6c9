import { readFileSync } from 'node:fs';
import { kill } from 'node:process';
import type { ProcessControl } from './storage.ts';

/**
 * Kills a group only while `/proc` shows its leader with the recorded start time: a number given out again is never hit,
 * at the price of sparing orphans whose leader is gone.
 */
export class ProcProcessControl implements ProcessControl {
  killGroup(processGroup: number, startTime: string): boolean {
    if (processGroup <= 1 || startTime === '' || leaderStartTime(processGroup) !== startTime) return false;
    try {
      return kill(-processGroup, 'SIGKILL');
    } catch {
      return false;
    }
  }
}

function leaderStartTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Field 2 is a name in brackets that may hold anything; field 22 counts from behind its end.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
