import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@dkron/runtime';
import { systemTimers as timers } from '@dkron/runtime/system';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attempt } from '../../test/attempt.ts';
import { SpawnHelper } from '../spawn-helper/index.ts';
import { executorSuite } from '../suite/index.ts';
import type { Executor } from '../types.ts';
import { scriptExecutor } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'dkron-scripts-'));
const node = `'${process.execPath}'`;
let spawnHelper: SpawnHelper;
let executor: Executor;

beforeAll(async () => {
  spawnHelper = await SpawnHelper.start({ processes: 1 }, { timers, logger: silentLogger });
  executor = scriptExecutor({ folder }, { spawnHelper, timers });
});
afterAll(async () => {
  await spawnHelper.close();
  rmSync(folder, { recursive: true });
});

executorSuite(
  { describe, it },
  {
    name: 'script',
    executor: () => executor,
    printing: (text) => ({ script: 'printf %s "$1"', args: JSON.stringify([text]) }),
    failing: () => ({ script: 'exit 7' }),
    broken: () => ({ script: 'true', interpreter: 'no-such-program' }),
    endless: () => ({ script: 'echo started\nsleep 60' }),
    pieces: (texts) => ({ script: texts.map((text) => `printf '${text}'\nsleep 0.1`).join('\n') }),
    flooding: (bytes, end) => ({ script: `head -c ${bytes} /dev/zero\nprintf '${end}'` }),
    badConfigs: [
      { title: 'no script', config: () => ({ script: ' ' }), error: /^script: script is empty$/ },
      { title: 'args', config: () => ({ script: 'true', args: 'a b' }), error: /^script: args: / },
      { title: 'env', config: () => ({ script: 'true', env: 'A=b' }), error: /^script: env: / },
      {
        title: 'interpreter',
        config: () => ({ script: 'true', interpreter: 'sh; rm' }),
        error: /^script: interpreter: /,
      },
      { title: 'no program', config: () => ({ script: 'true', interpreter: 'nope' }), error: /"nope".*not found/ },
      { title: 'user', config: () => ({ script: 'true', su: 'nobody-at-all' }), error: /nobody-at-all/ },
    ],
  },
);

describe('script', () => {
  it('is read by the interpreter that is given, that it names, or the shell', async () => {
    const script = 'console.log(1 + 1, process.argv.slice(2).join())';
    const given = await attempt(executor, { script, interpreter: `${node} --no-warnings`, args: `["it's","a b"]` });
    expect([given.result.error, given.stdout]).toEqual(['', "2 it's,a b\n"]);
    const named = await attempt(executor, { script: `#!${process.execPath}\n${script}` });
    expect(named.stdout).toBe('2 \n');
    expect((await attempt(executor, { script: 'for i in 1 2; do\n  echo "$i"\ndone' })).stdout).toBe('1\n2\n');
  });

  it('has variables with commas, what tells the run, and its input', async () => {
    const config = { script: 'echo "$A $ENV_JOB_NAME"; cat', env: '{"A":"b,c=d","ENV_JOB_NAME":"x"}', payload: 'aGk=' };
    expect((await attempt(executor, config)).stdout).toBe('b,c=d job\nhi');
  });

  it('ends at the key timeout, and leaves nothing behind', async () => {
    const run = await attempt(executor, { script: 'sleep 60', timeout: '200ms' });
    expect(run.result).toMatchObject({ success: false, error: 'signal: killed' });
    expect(run.stderr).toBe("script: Job 'job' execution time exceeding defined timeout 200ms. Job was killed");
    const bad = await attempt(executor, { script: 'true', timeout: 'soon' });
    expect(bad.result.error).toBe('script: Error parsing job timeout');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('nobody else can read it', async () => {
    const { stdout } = await attempt(executor, { script: 'stat -c %a "$0" "$(dirname "$0")"' });
    expect(stdout).toBe('600\n700\n');
  });
});
