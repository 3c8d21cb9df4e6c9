import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ProcProcessControl } from './file.ts';

describe.runIf(process.platform === 'linux')('ProcProcessControl', () => {
  it('kills a group whose leader has the start time, and no other', async () => {
    const child = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' });
    await once(child, 'spawn');
    const pid = child.pid!;
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]!;
    const control = new ProcProcessControl();
    expect(control.killGroup(pid, `${Number(startTime) - 1}`)).toBe(false);
    expect(control.killGroup(pid, '')).toBe(false);
    expect(child.exitCode).toBeNull();
    const exited = once(child, 'exit');
    expect(control.killGroup(pid, startTime)).toBe(true);
    expect(await exited).toEqual([null, 'SIGKILL']);
    expect(control.killGroup(pid, startTime)).toBe(false);
  });

  it('never touches groups 0 and 1', () => {
    expect(new ProcProcessControl().killGroup(0, '1')).toBe(false);
    expect(new ProcProcessControl().killGroup(1, '1')).toBe(false);
  });
});
