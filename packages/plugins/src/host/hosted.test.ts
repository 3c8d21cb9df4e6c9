/* Plugins of our own serve side, as processes of their own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import type { Executor } from '@dkron/executors';
import { executorSuite } from '@dkron/executors/suite';
import type { Processor } from '@dkron/processors';
import { processorSuite } from '@dkron/processors/suite';
import type { Fields, Logger } from '@dkron/runtime';
import { silentLogger } from '@dkron/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostOf, isAlive, PluginFolder, socketFolderOf } from '../../test/plugin-files.ts';
import { run } from '../../test/run.ts';
import { COOKIE } from '../settings.ts';
import type { PluginHost } from './index.ts';
import { withPlugins } from './index.ts';

const SECRET = 'hunter2-Sesame';
const folder = new PluginFolder();
let host: PluginHost;
const printed: string[] = [];
const logged: [level: string, event: string, fields: Fields | undefined][] = [];
const logger: Logger = {
  ...silentLogger,
  child: () => logger,
  info: (event, fields) => void logged.push(['info', event, fields]),
  warn: (event, fields) => void logged.push(['warn', event, fields]),
};

beforeAll(async () => {
  folder.readme('dkron-executor-hello');
  folder.node(
    'dkron-executor-demo',
    `const wait = (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    await serveExecutor({
      async execute({ jobName, config }, { output, logger, signal }) {
        switch (config.do) {
          case 'print': return config.text;
          case 'fail': output('before'); throw new Error('told to fail');
          case 'endless': output('started'); return wait(signal);
          case 'texts': for (const text of JSON.parse(config.texts)) { output(text); await new Promise((resolve) => setTimeout(resolve, 20)); } return;
          case 'flooding': for (let left = Number(config.bytes); left > 0; left -= 5e4) { output('x'.repeat(5e4)); await new Promise(setImmediate); } return config.text;
          case 'login': if (config.password !== 'right') throw new Error('the login failed'); return;
          case 'pieces': for (let i = 0; i < 5; i++) output(i + ' ', i % 2 === 1); return 'end';
          case 'flood': for (let i = 0; i < 100; i++) { output('x'.repeat(1e5)); await new Promise(setImmediate); } return;
          case 'crash': output('going'); setTimeout(() => process.exit(3), 50); return wait(signal);
          case 'stdout': console.log('said ' + config.text); return;
          case 'log': logger.warn('from the plugin', { count: 5 }); return;
          case 'late': setTimeout(() => output('late'), 20); return;
          case 'pid': return String(process.pid);
          case 'environment': return Object.keys(process.env).join(' ');
        }
        throw new Error('do: ' + config.do + ' is unknown');
      },
    });`,
  );
  folder.node(
    'dkron-processor-demo',
    `await serveProcessor({
      process(run, config) {
        if (config.do === 'facts') return JSON.stringify({ ...run, group: String(run.group), output: Buffer.from(run.output).toString() });
        if (config.do === 'hang') return new Promise(() => {});
        if (config.do === 'fail') throw new Error('told to fail');
        if (config.do === 'crash') process.exit(3);
        if (config.do !== undefined) throw new Error('do:\\n  ' + config.do + ' is unknown');
        return config.forward === 'true' ? run.output : 'processed';
      },
    });`,
  );
  host = hostOf(
    { folders: [folder.path] },
    { logger, printed: (bytes, stderr) => void printed.push(`${stderr} ${Buffer.from(bytes).toString()}`) },
  );
  await host.start();
});
afterAll(async () => {
  await host.close();
  folder.remove();
});

executorSuite(
  { describe, it },
  {
    name: 'demo',
    executor: () => host.executors[0] as Executor,
    printing: (text) => ({ do: 'print', text }),
    failing: () => ({ do: 'fail' }),
    broken: () => ({ do: 'nothing of the kind' }),
    endless: () => ({ do: 'endless' }),
    pieces: (texts) => ({ do: 'texts', texts: JSON.stringify(texts) }),
    flooding: (bytes, text) => ({ do: 'flooding', bytes: String(bytes), text }),
    badConfigs: [{ title: 'an unknown key', config: () => ({ do: 'x' }), error: /^do: x is unknown$/ }],
    secrets: [{ title: 'a login', config: (password) => ({ do: 'login', password }) }],
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

describe('a hosted executor', () => {
  it('reports piece by piece, and tells nothing twice', async () => {
    const { output, success } = await run(host.executors[0], { do: 'pieces' });
    expect([success, output]).toEqual([true, '0 1 2 3 4 end']);
  });

  it('has one socket for all runs that report nothing, and none that hears another run', async () => {
    const own = hostOf({ folders: [folder.path], kinds: ['executor'], except: ['executor-hello'] });
    await own.start();
    const [executor] = own.executors;
    for (let i = 0; i < 20; i++) await run(executor, { do: 'log' });
    const pid = Number((await run(executor, { do: 'pid' })).output);
    expect(readdirSync(socketFolderOf(pid)!).filter((name) => name.startsWith('c'))).toEqual(['c1']);
    expect(await run(executor, { do: 'late' })).toMatchObject({ success: true, output: '' });
    expect((await run(executor, { do: 'texts', texts: '["a","b","c"]' })).output).toBe('abc');
    await own.close();
  });

  it('streams more than is kept', async () => {
    const { success, bytes } = await run(host.executors[0], { do: 'flood' });
    expect([success, bytes]).toEqual([true, 10_000_000]);
  });

  it('prints to the node and logs to its log', async () => {
    await run(host.executors[0], { do: 'stdout', text: 'hello' });
    await expect.poll(() => printed, { timeout: 20_000 }).toContain('false said hello\n');
    await run(host.executors[0], { do: 'log' });
    const line = ['warn', 'from the plugin', expect.objectContaining({ count: 5 }) as Fields];
    await expect.poll(() => logged, { timeout: 20_000 }).toContainEqual(line);
  });

  it('gets no secrets of the node', async () => {
    const { output } = await run(host.executors[0], { do: 'environment' });
    expect(output.split(' ')).toContain('PATH');
    expect(output).not.toContain('VITEST');
  });

  it('G-E4: fails what runs in it when it crashes, by name and cause, and is back for the next run', async () => {
    const crashed = await run(host.executors[0], { do: 'crash' });
    expect(crashed).toMatchObject({ success: false, reason: 'executor', output: 'going' });
    expect(crashed.error).toMatch(/^plugin executor-demo has exited.*exit status 3/);
    expect((await run(host.executors[0], { do: 'print', text: 'back' })).output).toBe('back');
    expect(host.status()[0]).toMatchObject({ state: 'ready' });
  });

  it('is killed from outside and comes back', async () => {
    const { output } = await run(host.executors[0], { do: 'pid' });
    process.kill(Number(output), 'SIGKILL');
    await expect
      .poll(() => host.status()[0]?.issue, { timeout: 20_000, interval: 5 })
      .toBe('plugin executor-demo has exited');
    expect((await run(host.executors[0], { do: 'print', text: 'again' })).output).toBe('again');
  });
});

describe('a hosted processor', () => {
  const input = {
    executionId: '1700000000000000007-n1',
    jobName: 'job',
    nodeName: 'n1',
    reportingNode: 'n2',
    success: true,
    startedAt: '2023-11-14T22:13:20.000000005Z',
    finishedAt: '2023-11-14T22:13:21Z',
    group: 1_700_000_000_000_000_000n,
    attempt: 2,
    output: Buffer.from('text'),
  };
  const process_ = (config: Record<string, string>): Promise<Uint8Array> =>
    host.processors[0]!.process(input, config, { signal: new AbortController().signal });

  it('gets the whole execution', async () => {
    const facts = JSON.parse(Buffer.from(await process_({ do: 'facts' })).toString()) as unknown;
    // The id is made of the start, as the original makes it.
    const executionId = '1700000000000000005-n1';
    expect(facts).toEqual({ ...input, executionId, group: String(input.group), output: 'text' });
  });

  it('G-E7: fails and dies without any harm but an error', async () => {
    await expect(process_({ do: 'fail' })).rejects.toThrow('plugin processor-demo: told to fail');
    await expect(process_({ do: 'crash' })).rejects.toThrow(
      /^plugin processor-demo has exited during the run: exit status 3$/,
    );
    expect(Buffer.from(await process_({})).toString()).toBe('processed');
  });
});

describe('the example of the README', () => {
  const hello = (config: Record<string, string>): ReturnType<typeof run> =>
    run(
      host.executors.find(({ name }) => name === 'hello'),
      config,
    );

  it('runs and fails as it says', async () => {
    expect(await hello({ text: 'world' })).toMatchObject({ success: true, output: 'hello from job\nworld' });
    const failed = await hello({ fail: 'yes' });
    expect(failed).toMatchObject({ success: false, error: 'told to fail', output: 'hello from job\n' });
  });
});

describe('plugins', () => {
  it('are up', () => {
    const found = host.status().map(({ id, state, error }) => [id, state, error]);
    expect(found).toEqual([
      ['executor-demo', 'ready', undefined],
      ['executor-hello', 'ready', undefined],
      ['processor-demo', 'ready', undefined],
    ]);
  });

  it('take the place of what a node has of the same name', () => {
    const named = (name: string, from: string): { name: string; from: string } => ({ name, from });
    const all = withPlugins([named('a', 'node'), named('b', 'node')], [named('b', 'plugin'), named('c', 'plugin')]);
    expect(all).toEqual([named('a', 'node'), named('b', 'plugin'), named('c', 'plugin')]);
  });

  it.each([
    ['by hand', {}, /^This program is a plugin of Dkron/],
    [
      'by a host that wants TLS',
      { [COOKIE.variable]: COOKIE.value, PLUGIN_CLIENT_CERT: 'c' },
      /^This plugin cannot speak TLS/,
    ],
  ])('started %s say so and end', async (_how, variables, text) => {
    const env = { PATH: process.env['PATH'], ...variables };
    const child = spawn(`${folder.path}/dkron-executor-demo`, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = ['', ''];
    child.stdout.on('data', (bytes: Buffer) => (said[0] += bytes.toString()));
    child.stderr.on('data', (bytes: Buffer) => (said[1] += bytes.toString()));
    const [code] = (await once(child, 'close')) as [number];
    expect([code, said[0]]).toEqual([1, '']);
    expect(said[1]).toMatch(text);
  });

  it('end when their host is killed, and leave no files', async () => {
    const program = `
      import { hostOf } from ${JSON.stringify(new URL('../../test/plugin-files.ts', import.meta.url).href)};
      import { run } from ${JSON.stringify(new URL('../../test/run.ts', import.meta.url).href)};
      const host = hostOf({ folders: [${JSON.stringify(folder.path)}] });
      await host.start();
      console.log((await run(host.executors[0], { do: 'pid' })).output + ' ' + (await run(host.executors[0], { do: 'environment' })).success);`;
    const child = spawn(process.execPath, ['--conditions=@dkron/source', '--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [bytes] = (await once(child.stdout, 'data')) as [Buffer];
    const pid = Number(bytes.toString().split(' ')[0]);
    expect(isAlive(pid)).toBe(true);
    const base = socketFolderOf(pid);
    child.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 30_000 }).toBe(false);
    if (base !== undefined) await expect.poll(() => existsSync(base), { timeout: 30_000 }).toBe(false);
  });

  it('end with their host, which leaves no files', async () => {
    const own = hostOf({ folders: [folder.path] });
    await own.start();
    const pid = Number((await run(own.executors[0], { do: 'pid' })).output);
    const base = socketFolderOf(pid);
    await own.close();
    expect(isAlive(pid)).toBe(false);
    if (base !== undefined) expect(existsSync(base)).toBe(false);
    expect((await run(own.executors[0], {})).error).toBe('plugin executor-demo is unavailable: it is stopped');
  });
});
