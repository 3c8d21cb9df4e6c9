import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { tryLock, withLock } from './lock.mjs';

let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dkron-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('tryLock', () => {
  it('lets one in, and the next after release', () => {
    const first = tryLock(folder);
    expect(first.release).toBeDefined();
    expect(tryLock(folder)).toEqual({ holder: expect.objectContaining({ pid: process.pid }) });
    first.release();
    expect(tryLock(folder).release).toBeDefined();
  });

  it('takes over the lock of a process that is gone', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    writeFileSync(join(folder, 'build.lock.4'), JSON.stringify({ pid: child.pid }));
    expect(tryLock(folder).release).toBeDefined();
    expect(readdirSync(folder)).toEqual(['build.lock.5']);
  });

  it('takes over a lock whose process id was given to another process', () => {
    writeFileSync(join(folder, 'build.lock.4'), JSON.stringify({ pid: process.pid, started: '1' }));
    expect(tryLock(folder).release).toBeDefined();
  });
});

describe('withLock', () => {
  it('never runs two at once, over several processes', async () => {
    const log = join(folder, 'log');
    const script = `
      import { appendFileSync } from 'node:fs';
      import { withLock } from ${JSON.stringify(join(import.meta.dirname, 'lock.mjs'))};
      await withLock(${JSON.stringify(folder)}, async () => {
        appendFileSync(${JSON.stringify(log)}, 'in ' + process.pid + '\\n');
        await new Promise((resolve) => setTimeout(resolve, 20));
        appendFileSync(${JSON.stringify(log)}, 'out ' + process.pid + '\\n');
      });`;
    const children = Array.from({ length: 5 }, () => spawn(process.execPath, ['--input-type=module', '-e', script]));
    const codes = await Promise.all(children.map(async (child) => (await once(child, 'exit'))[0]));
    expect(codes).toEqual([0, 0, 0, 0, 0]);
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(10);
    for (let i = 0; i < lines.length; i += 2) expect(lines[i + 1]).toBe(lines[i].replace('in', 'out'));
  }, 30_000);

  it('releases after a failure', async () => {
    await expect(withLock(folder, () => Promise.reject(new Error('build broke')))).rejects.toThrow('build broke');
    expect(tryLock(folder).release).toBeDefined();
  });
});
