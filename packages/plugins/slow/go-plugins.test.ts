/* Plugins in Go, unmodified, under our host; and our plugins under a host in Go. Both are made with go-plugin itself. */
import { readdirSync } from 'node:fs';
import type { Executor } from '@dkron/executors';
import { executorSuite } from '@dkron/executors/suite';
import type { Processor } from '@dkron/processors';
import { processorSuite } from '@dkron/processors/suite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostOf, isAlive, PluginFolder } from '../test/plugin-files.ts';
import { run } from '../test/run.ts';
import type { HostedExecutor, PluginHost } from '../src/host/index.ts';
import { buildGoTools, ran } from './go-tools.ts';

const SECRET = 'hunter2-Sesame';
const go = buildGoTools();
const printed: string[] = [];
let host: PluginHost;
const executor = (): HostedExecutor => host.executors[0]!;

describe.skipIf(!go)('plugins in Go, hosted', () => {
  beforeAll(async () => {
    host = hostOf(
      { folders: [go!.plugins] },
      { printed: (bytes, stderr) => void printed.push(`${stderr} ${Buffer.from(bytes).toString()}`) },
    );
    await host.start();
  });
  afterAll(() => host.close());

  executorSuite(
    { describe, it },
    {
      name: 'demo',
      executor: () => executor() as Executor,
      printing: (text) => ({ do: 'echo', text }),
      failing: () => ({ do: 'fail', text: 'told to' }),
      broken: () => ({ do: 'nothing of the kind' }),
      endless: () => ({ do: 'hang' }),
      pieces: (texts) => ({ do: 'pieces', text: texts.join('|') }),
      flooding: (bytes, text) => ({ do: 'flood', count: String(Math.ceil(bytes / 1_048_576)), text }),
      badConfigs: [{ title: 'an unknown key', config: () => ({ do: 'x' }), error: /^do: "x" is unknown$/ }],
      secrets: [{ title: 'a key that is not used', config: (password) => ({ do: 'fail', text: 'no', password }) }],
    },
  );

  processorSuite(
    { describe, it },
    {
      name: 'demo',
      make: () => host.processors[0] as Processor,
      badConfigs: { do: { do: 'x', password: SECRET } },
      failing: { make: () => host.processors[0] as Processor, config: { do: 'fail', password: SECRET } },
      hanging: { make: () => host.processors[0] as Processor, config: { do: 'hang', password: SECRET } },
      secrets: [SECRET],
    },
  );

  it('runs 200 at once, each with its own progress', async () => {
    const texts = Array.from({ length: 200 }, (_, i) => `run ${i}`);
    const results = await Promise.all(texts.map((text) => run(executor(), { do: 'progress', text, count: '5' })));
    const expected = texts.map((text) => [0, 1, 2, 3, 4].map((n) => `${text} ${n}\n`).join(''));
    expect(results.map(({ success, output }) => (success ? output : 'failed'))).toEqual(expected);
  });

  it('takes 100 MB of progress, and refuses 100 MB in one answer by name and cause', async () => {
    const flood = await run(executor(), { do: 'flood', count: '100' });
    expect([flood.success, flood.bytes]).toEqual([true, 104_857_600]);
    const huge = await run(executor(), { do: 'huge', count: '100' });
    expect(huge.error).toMatch(/^plugin executor-demo: .*larger than max.* 67108864/);
    expect((await run(executor(), { do: 'echo', text: 'on' })).output).toBe('on');
  });

  it('gives up a run that hangs, and goes on', async () => {
    const hung = await run(executor(), { do: 'hang' }, { timeoutMs: 300 });
    expect([hung.reason, hung.output]).toEqual(['timeout', 'started']);
    expect((await run(executor(), { do: 'echo', text: 'on' })).output).toBe('on');
  });

  it('hands on what it prints', async () => {
    await run(executor(), { do: 'print', text: 'printed' });
    await expect.poll(() => printed.toSorted(), { timeout: 20_000 }).toEqual(['false printed', 'true printed']);
  });

  it('fails all runs of a process that crashes, and has it back', async () => {
    const others = Array.from({ length: 20 }, () => run(executor(), { do: 'hang' }));
    await new Promise((resolve) => setTimeout(resolve, 200));
    const crashed = await run(executor(), { do: 'crash' });
    expect(crashed.error).toMatch(/^plugin executor-demo has exited.*exit status 3/);
    const texts = (await Promise.all(others)).map(({ error }) => error);
    expect(texts.filter((text) => !text.startsWith('plugin executor-demo has exited'))).toEqual([]);
    expect((await run(executor(), { do: 'echo', text: 'back' })).output).toBe('back');
    expect((await run(executor(), { do: 'panic', text: 'oh no' })).error).toContain('panic: oh no');
  });

  it('is ended when it uses too much memory', async () => {
    const own = hostOf({ folders: [go!.plugins], kinds: ['executor'], memoryBytesMax: 200 * 1_048_576 });
    await own.start();
    const hog = await run(own.executors[0], { do: 'hog', count: '400' });
    expect(hog.error).toMatch(/^plugin executor-demo was ended: it used \d+ bytes of memory, 209715200 are allowed/);
    await own.close();
  });

  it('opens no more files with hundreds of runs', async () => {
    const open = (): number => readdirSync('/proc/self/fd').length;
    const many = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await run(executor(), { do: 'echo', text: 'x' });
    };
    await many(50);
    const before = open();
    await many(Number(process.env['PLUGINS_SLOW_RUNS'] ?? 500));
    await expect.poll(() => open() - before, { timeout: 20_000 }).toBeLessThan(10);
  });

  it('processors: facts, printing, failure, too much, crash', async () => {
    const input = {
      executionId: '1700000000000000000-n1',
      jobName: 'job',
      nodeName: 'n1',
      reportingNode: 'n2',
      success: true,
      startedAt: '2023-11-14T22:13:20Z',
      finishedAt: '2023-11-14T22:13:21Z',
      attempt: 2,
      output: Buffer.from('text'),
    };
    const { signal } = new AbortController();
    const process_ = async (config: Record<string, string>): Promise<string> =>
      Buffer.from(await host.processors[0]!.process(input, config, { signal })).toString();
    expect(await process_({ do: 'facts' })).toBe('job true n1 1700000000000000000 2 true true n2');
    expect(await process_({ do: 'print' })).toBe('text');
    await expect.poll(() => printed, { timeout: 20_000 }).toContain('false text');
    expect((await process_({ do: 'grow', count: '5' })).length).toBe(5 * 1_048_576);
    await expect(process_({ do: 'fail' })).rejects.toThrow('plugin processor-demo: told to fail');
    await expect(process_({ do: 'grow', count: '20' })).rejects.toThrow(/^plugin processor-demo: .*at most 16777216/);
    await expect(process_({ do: 'crash' })).rejects.toThrow(/^plugin processor-demo has exited.*exit status 3/);
    expect(await process_({ forward: 'true' })).toBe('text');
  });
});

describe.skipIf(!go)('our plugins, hosted by Go', () => {
  const folder = new PluginFolder();
  const at = (name: string): string => `${folder.path}/${name}`;
  beforeAll(() => {
    folder.node(
      'dkron-executor-ours',
      `await serveExecutor({
        async execute({ jobName, config }, { output, logger }) {
          output('hello ' + jobName + '\\n');
          logger.warn('a warning', { job: jobName });
          console.log('printed ' + process.pid);
          if (config.fail) throw new Error('told to fail');
          return 'done: ' + config.text;
        },
      });`,
    );
    folder.node(
      'dkron-processor-ours',
      `await serveProcessor({
        process(run, config) {
          if (config.fail) throw new Error('told to fail');
          return run.nodeName + ' ' + run.reportingNode + ' ' + run.executionId + ' ' + Buffer.from(run.output).toString().toUpperCase();
        },
      });`,
    );
  });
  afterAll(() => folder.remove());

  it('an executor: progress, output, log, print, failure, end', async () => {
    const { code, stdout, stderr } = await ran(go!.host, ['executor', at('dkron-executor-ours'), 'job', 'text=x']);
    expect([code, stdout]).toEqual([0, 'hello job\ndone: x']);
    expect(stderr).toContain('progress (stderr false): hello job');
    expect(stderr).toMatch(/\[WARN\] +dkron-executor-ours: a warning: job=job/);
    const [, pid] = /^printed (\d+)$/m.exec(stderr) ?? [];
    expect(isAlive(Number(pid))).toBe(false);
    const failed = await ran(go!.host, ['executor', at('dkron-executor-ours'), 'job', 'fail=1']);
    expect([failed.code, failed.stdout]).toEqual([2, 'hello job\n']);
    expect(failed.stderr).toContain('error: run: told to fail');
  });

  it('a processor: output, failure, 3 MB', async () => {
    const { code, stdout } = await ran(go!.host, ['processor', at('dkron-processor-ours'), 'job'], 'text');
    expect([code, stdout]).toEqual([0, 'node host 1700000000000000005-node TEXT']);
    const failed = await ran(go!.host, ['processor', at('dkron-processor-ours'), 'job', 'fail=1'], 'text');
    expect([failed.code, failed.stderr.includes('error: told to fail')]).toEqual([2, true]);
    const large = await ran(go!.host, ['processor', at('dkron-processor-ours'), 'job'], 'x'.repeat(3_000_000));
    expect(large.stdout).toHaveLength(3_000_000 + 'node host 1700000000000000005-node '.length);
  });

  it('started by hand it says what it is', async () => {
    const { code, stdout, stderr } = await ran(at('dkron-executor-ours'), []);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^This program is a plugin of Dkron/);
  });
});
