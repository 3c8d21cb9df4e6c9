import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@dkron/runtime';
import { systemTimers } from '@dkron/runtime/system';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt, type TestRun } from '../../test/attempt.ts';
import { helperKinds } from '../../test/helper-kinds.ts';
import { SpawnHelper } from '../spawn-helper/index.ts';
import { executorSuite } from '../suite/index.ts';
import type { Executor } from '../types.ts';
import { shellExecutor } from './index.ts';

/** True while a process runs; one that ended but was not collected does not. */
function runs(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

describe.each(helperKinds)('shell, started by %s', (program) => {
  let spawnHelper: SpawnHelper;
  let executor: Executor;
  beforeAll(async () => {
    spawnHelper = await SpawnHelper.start({ program }, { timers: systemTimers, logger: silentLogger });
    executor = shellExecutor({ memoryPollMs: 50 }, { spawnHelper, timers: systemTimers });
  });
  afterAll(() => spawnHelper.close());

  const run = (config: Record<string, string>, options?: Parameters<typeof attempt>[2]): Promise<TestRun> =>
    attempt(executor, config, options);
  const sh = (
    command: string,
    more: Record<string, string> = {},
    options?: Parameters<typeof attempt>[2],
  ): Promise<TestRun> => run({ shell: 'true', command, ...more }, options);

  executorSuite(
    { describe, it },
    {
      name: 'shell',
      executor: () => executor,
      printing: (text) => ({ command: `printf %s '${text}'` }),
      failing: () => ({ shell: 'true', command: 'exit 7' }),
      broken: () => ({ command: 'no-such-program' }),
      endless: () => ({ shell: 'true', command: 'echo started; sleep 60' }),
      pieces: (texts) => ({ shell: 'true', command: texts.map((text) => `printf '${text}'; sleep 0.1`).join('; ') }),
      flooding: (bytes, end) => ({ shell: 'true', command: `head -c ${bytes} /dev/zero; printf '${end}'` }),
      badConfigs: [
        { title: 'no command', config: () => ({ shell: 'false' }), error: /^shell: Command missing$/ },
        { title: 'payload', config: () => ({ command: 'cat', payload: '%%%' }), error: /base64/ },
        { title: 'limit', config: () => ({ command: 'true', mem_limit: '5 parsecs' }), error: /parsecs|unit/i },
      ],
    },
  );

  describe('ends', () => {
    it.each([
      ['exit 0', { success: true, error: '', exitCode: 0 }],
      ['exit 3', { success: false, error: 'exit status 3', reason: 'exit', exitCode: 3 }],
      ['exit 137', { success: false, error: 'exit status 137', reason: 'exit', exitCode: 137 }],
      ['kill -9 $$', { success: false, error: 'signal: killed', reason: 'exit' }],
      ['kill -TERM $$', { success: false, error: 'signal: terminated', reason: 'exit' }],
    ])('%s', async (command, result) => {
      expect((await sh(command)).result).toEqual(result);
    });

    it.each([
      [{ command: 'no-such-program a b' }, 'exec: "no-such-program": executable file not found in $PATH'],
      [{ command: './no-such-file' }, 'fork/exec ./no-such-file: no such file or directory'],
      [{ command: '/etc/passwd' }, 'fork/exec /etc/passwd: permission denied'],
      [{ command: 'true', cwd: '/no/such' }, 'chdir /no/such: no such file or directory'],
      [{ command: 'true', cwd: '/etc/passwd' }, 'chdir /etc/passwd: not a directory'],
      [{ command: 'true', su: 'no-such-user' }, 'user: unknown user no-such-user'],
      [{ command: '' }, 'shell: Command missing'],
      [{ command: '; true' }, 'shell: Command missing'],
      [{ command: 'echo "open' }, 'invalid command line string'],
      [{ command: 'true', timeout: '5x' }, 'shell: Error parsing job timeout'],
      [{ command: 'true', payload: 'a?' }, 'illegal base64 data at input byte 1'],
      [{ command: 'true', mem_limit: '0' }, 'memory limit must be greater than 0'],
    ])('%j', async (config, error) => {
      const { result, started } = await run(config as unknown as Record<string, string>);
      expect(result).toEqual({ success: false, error, reason: 'executor' });
      expect(started).toEqual([]);
    });
  });

  describe('surroundings of a command', () => {
    it('has the environment of the node, its own entries and what tells the run; later entries win', async () => {
      const { stdout } = await sh(
        'echo "$A|$B|$ENV_JOB_NAME|$DKRON_EXECUTION_ID|$DKRON_ATTEMPT|${PATH:+path}"',
        { env: 'A=1,B=x=y,A=2,DKRON_ATTEMPT=7' },
        { jobName: 'nightly' },
      );
      expect(stdout).toBe('2|x=y|nightly|1-node|1|path\n');
    });

    it('finds programs by the PATH of the node, not of the job', async () => {
      expect((await run({ command: 'true', env: 'PATH=/nowhere' })).result.success).toBe(true);
    });

    it('runs in cwd', async () => {
      const folder = mkdtempSync(join(tmpdir(), 'executors-'));
      expect((await run({ command: 'pwd', cwd: folder })).stdout).toBe(`${folder}\n`);
    });

    it.runIf(process.getuid?.() === 0)('runs as the user of su, without further groups', async () => {
      const { stdout } = await run({ command: 'id', su: 'nobody' });
      expect(stdout).toMatch(/^uid=\d+\(nobody\) gid=(\d+)\(\w+\) groups=\1\(\w+\)\n$/);
    });

    it('opens its standard files by name', async () => {
      const command = 'cat /dev/stdin > /dev/stdout; echo oops > /dev/stderr';
      const { stdout, stderr } = await sh(command, { payload: Buffer.from('in').toString('base64') });
      expect([stdout, stderr]).toEqual(['in', 'oops\n']);
    });

    it('reads an empty input without payload', async () => {
      expect((await run({ command: 'wc -c' })).stdout.trim()).toBe('0');
    });

    it('G-E2: reads a payload larger than a pipe holds', async () => {
      const payload = Buffer.alloc(1_000_000, 'x').toString('base64');
      expect((await run({ command: 'wc -c', payload })).stdout.trim()).toBe('1000000');
      expect((await run({ command: 'true', payload })).result.success).toBe(true);
    });

    it('reports its process group and start time before its end', async () => {
      const { started, stdout } = await sh('echo $$; cut -d" " -f5,22 /proc/$$/stat');
      const [pid, stat] = stdout.trim().split('\n');
      expect(started).toEqual([{ processGroup: Number(pid), startTime: stat?.split(' ')[1] }]);
      expect(stat?.split(' ')[0]).toBe(pid);
    });

    it('waits for children that keep its output open', async () => {
      expect((await sh('(sleep 0.2; echo late) & echo early')).stdout).toBe('early\nlate\n');
    });

    it('passes a large output on completely', async () => {
      let bytes = 0;
      await sh('head -c 20000000 /dev/zero', {}, { onOutput: (text) => (bytes += text.length) });
      expect(bytes).toBe(20_000_000);
    });
  });

  describe('limits', () => {
    it('kills the whole group at the timeout of the command, with a word about it', async () => {
      const { result, stdout, stderr } = await sh('sleep 61 & echo $!; wait', { timeout: '300ms' });
      expect(result).toEqual({ success: false, error: 'signal: killed', reason: 'timeout' });
      const text = `shell: Job 'sleep 61 & echo $!; wait' execution time exceeding defined timeout 300ms. Job was killed`;
      expect(stderr).toBe(text);
      expect(runs(Number(stdout))).toBe(false);
    });

    it('asks the group to end when cancelled', async () => {
      const stop = new AbortController();
      const { result, stdout } = await sh(
        'trap "echo bye; exit 0" TERM; echo ready; while :; do sleep 0.05; done',
        {},
        { signal: stop.signal, onOutput: () => stop.abort(), killGraceMs: 30_000 },
      );
      expect(result.reason).toBe('cancelled');
      expect(stdout).toContain('bye');
    });

    it('kills what does not end within the grace', async () => {
      const stop = new AbortController();
      const pids: number[] = [];
      const onOutput = (text: string): void => {
        pids.push(...text.trim().split(/\s+/).map(Number));
        stop.abort();
      };
      const options = { signal: stop.signal, onOutput, killGraceMs: 100 };
      const { result } = await sh('trap "" TERM; sleep 62 & echo $$ $!; wait; sleep 63', {}, options);
      expect(result.reason).toBe('cancelled');
      expect(pids).toHaveLength(2);
      expect(pids.filter(runs)).toEqual([]);
    });

    it('gives up the output of a process that left the killed group', async () => {
      const from = performance.now();
      const { result, stdout } = await sh('echo early; setsid sleep 8 & sleep 65', { timeout: '200ms' });
      expect(result.reason).toBe('timeout');
      expect(stdout).toBe('early\n');
      expect(performance.now() - from).toBeLessThan(7_000);
    });

    it('ends when its processes do, however early they close their output', async () => {
      expect((await sh('exec >&- 2>&-; sleep 0.1; exit 9')).result.exitCode).toBe(9);
    });

    it('G-E3: kills a group above mem_limit, without timeout or su', async () => {
      const command = `a=$(head -c 60000000 /dev/zero | tr '\\0' x); sleep 64`;
      const { result, stderr } = await sh(command, { mem_limit: '40MB' });
      expect(result).toEqual({ success: false, error: 'signal: killed', reason: 'executor' });
      expect(stderr).toMatch(/memory usage \(\d+ bytes\) exceeding defined limit \(41943040 bytes\)\. Job was killed$/);
    });

    it('G-E10: warns when an operator ends the line, and logs neither command nor output', async () => {
      const { logger, stdout } = await run({ command: 'echo secret; rm x' });
      expect(stdout).toBe('secret\n');
      expect(logger.records).toMatchObject([{ level: 'warn', fields: { operator: ';' } }]);
      expect(JSON.stringify(logger.records)).not.toContain('secret');
    });
  });
});
