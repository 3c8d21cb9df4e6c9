import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { systemTimers } from '@dkron/runtime/system';
import { MemoryLogger } from '@dkron/runtime/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { helperKinds } from '../../test/helper-kinds.ts';
import { SpawnHelper, type SpawnHelperOptions } from './index.ts';

let helper: SpawnHelper | undefined;
afterEach(() => {
  vi.unstubAllEnvs();
  return helper?.close();
});

async function startHelper(options: SpawnHelperOptions): Promise<SpawnHelper> {
  const logger = new MemoryLogger();
  helper = await SpawnHelper.start({ processes: 1, restartDelayMs: 1, ...options }, { timers: systemTimers, logger });
  return helper;
}

const NO_EVENTS = { output: (): void => {} };
const SLEEP = { file: 'sleep', args: ['60'], env: {} };

/** Temporary folders whose name has the helper's id. */
function foldersOf(pid: number): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith(`dkron-spawn-${pid}-`));
}

/** Starts a command and waits until it runs. */
async function startSleep(from: SpawnHelper): Promise<{ pid: number; ended: Promise<unknown>; kill: () => void }> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const run = from.spawn(SLEEP, { started: ({ pid }) => resolve(pid), output: () => {} });
  run.ended.catch(() => {});
  return { pid: await promise, ended: run.ended, kill: () => run.kill('SIGKILL') };
}

/** Waits, without guessing how long, until a process is gone or only its entry is left. */
async function gone(pid: number): Promise<void> {
  const ended = (): boolean => {
    try {
      return !existsSync(`/proc/${pid}`) || /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
    } catch {
      return true;
    }
  };
  while (!ended()) await systemTimers.sleep(5);
}

describe.each(helperKinds)('SpawnHelper in %s', (program) => {
  const start = (options: SpawnHelperOptions = {}): Promise<SpawnHelper> => startHelper({ program, ...options });

  it('starts its processes anew after a crash; what ran there fails and is killed', async () => {
    const spawner = await start();
    const [before] = spawner.pids as [number];
    const { pid, ended } = await startSleep(spawner);
    expect(foldersOf(before)).toHaveLength(program === 'node' ? 1 : 0);
    process.kill(before, 'SIGKILL');
    await expect(ended).rejects.toMatchObject({ name: 'SpawnHelperError', code: 'crashed' });
    await gone(pid);
    expect(foldersOf(before)).toEqual([]);
    const run = spawner.spawn({ file: 'true', args: [], env: {} }, { output: () => {} });
    await expect(run.ended).resolves.toEqual({ exitCode: 0 });
    expect(spawner.pids).not.toContain(before);
  });

  it('kills what runs when it is closed', async () => {
    const spawner = await start();
    const { pid } = await startSleep(spawner);
    await spawner.close();
    await gone(pid);
    expect(spawner.pids).toEqual([]);
    await expect(spawner.spawn(SLEEP, { output: () => {} }).ended).rejects.toMatchObject({ code: 'closed' });
  });

  it('gives its children the environment of the server, and none of its own', async () => {
    vi.stubEnv('LD_BIND_NOW', undefined).stubEnv('LC_ALL', 'POSIX').stubEnv('PERLIO', undefined);
    const spawner = await start();
    const chunks: Uint8Array[] = [];
    const run = spawner.spawn(
      { file: 'env', args: [], env: { ENV_JOB_NAME: 'nightly', EMPTY: '' } },
      { output: (chunk) => chunks.push(chunk) },
    );
    await expect(run.ended).resolves.toEqual({ exitCode: 0 });
    const lines = Buffer.concat(chunks).toString().split('\n');
    expect(lines).toEqual(expect.arrayContaining(['LC_ALL=POSIX', 'ENV_JOB_NAME=nightly', 'EMPTY=']));
    expect(lines.filter((line) => /^(LD_BIND_NOW|PERLIO)=/.test(line))).toEqual([]);
  });

  it('loses no signal, however soon after the start it comes', async () => {
    const spawner = await start();
    const ends = Array.from({ length: 50 }, async (_unused, i) => {
      const run = spawner.spawn(SLEEP, NO_EVENTS);
      if (i % 2 === 1) await systemTimers.sleep(i / 10);
      run.kill('SIGTERM');
      return run.ended;
    });
    expect(await Promise.all(ends)).toEqual(ends.map(() => ({ signal: 'SIGTERM' })));
  });

  it('is not ended by the signals that stop a service', async () => {
    const spawner = await start();
    const { ended, kill } = await startSleep(spawner);
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.kill(spawner.pids[0] as number, signal);
    kill();
    await expect(ended).resolves.toEqual({ signal: 'SIGKILL' });
  });

  it('kills every group when the server dies', async () => {
    const script = `
      import { SpawnHelper } from '${new URL('./index.ts', import.meta.url).href}';
      import { systemTimers } from '@dkron/runtime/system';
      import { silentLogger } from '@dkron/runtime';
      const helper = await SpawnHelper.start({ program: '${program}', processes: 1 }, { timers: systemTimers, logger: silentLogger });
      helper.spawn({ file: 'sleep', args: ['60'], env: {} }, {
        started: ({ pid }) => process.stdout.write(helper.pids[0] + ' ' + pid, () => process.kill(process.pid, 'SIGKILL')),
        output: () => {},
      });`;
    const flags = ['--conditions=@dkron/source', '--input-type=module-typescript', '-e', script];
    let printed = '';
    try {
      execFileSync(process.execPath, flags, { encoding: 'utf8', cwd: import.meta.dirname, timeout: 20_000 });
    } catch (error) {
      printed = (error as { stdout: string }).stdout;
    }
    const pids = printed.split(' ').map(Number);
    expect(pids).toHaveLength(2);
    await Promise.all(pids.map(gone));
  });

  it('refuses more commands than allowed', async () => {
    const spawner = await start({ runsMax: 1 });
    const { kill, ended } = await startSleep(spawner);
    await expect(spawner.spawn(SLEEP, { output: () => {} }).ended).rejects.toMatchObject({ code: 'busy' });
    kill();
    await ended;
  });

  it('runs many at once, each with its own output', async () => {
    const spawner = await start({ processes: 2 });
    const outputs = await Promise.all(
      Array.from({ length: 100 }, async (_unused, i) => {
        let text = '';
        const events = { output: (chunk: Uint8Array) => void (text += Buffer.from(chunk).toString()) };
        await spawner.spawn({ file: 'echo', args: [String(i)], env: {} }, events).ended;
        return Number(text);
      }),
    );
    expect(outputs).toEqual(Array.from({ length: 100 }, (_unused, i) => i));
  });
});

describe('SpawnHelper by itself', () => {
  it.runIf(helperKinds.includes('perl'))('takes Perl where there is one', async () => {
    expect((await startHelper({})).kind).toBe('perl');
  });

  it.runIf(helperKinds.includes('perl'))('has a Perl program without misspelt names', () => {
    const file = fileURLToPath(new URL('./helper.pl', import.meta.url));
    const { status, stderr } = spawnSync('perl', ['-Mstrict', '-c', file], { encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, `${file} syntax OK\n`]);
  });

  it('takes Node where there is no Perl', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = '/nowhere';
    try {
      expect((await startHelper({})).kind).toBe('node');
    } finally {
      process.env['PATH'] = path;
    }
    await expect(helper?.spawn({ file: '/bin/true', args: [], env: {} }, NO_EVENTS).ended).resolves.toEqual({
      exitCode: 0,
    });
  });

  it('takes no program that is not there', async () => {
    const path = process.env['PATH'];
    process.env['PATH'] = '/nowhere';
    try {
      await expect(startHelper({ program: 'perl' })).rejects.toMatchObject({ code: 'start' });
    } finally {
      process.env['PATH'] = path;
    }
  });
});
