import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shell, until } from './support/api.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

const SERVE = pathToFileURL(createRequire(import.meta.url).resolve('@dkron/plugins/serve')).href;
const PLUGINS = {
  'dkron-executor-ours': `await serveExecutor({ execute({ jobName, config }, { output }) {
    output('hello ' + jobName + ' ');
    if (config.do === 'crash') return new Promise(() => setTimeout(() => process.exit(3), 300));
    if (config.do === 'fail') throw new Error('told to fail');
    return 'pid ' + process.pid;
  } });`,
  'dkron-executor-shell': `process.exit(1);`,
  'dkron-executor-never': `console.log('no handshake'); setInterval(() => {}, 1000);`,
  'dkron-processor-ours': `await serveProcessor({ process: (run, config) =>
    [run.jobName, run.success, run.nodeName, run.attempt, config.key, String.fromCharCode(...run.output)].join(' ') });`,
};

let folder: string;
let node: TestNode;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'e2e-plugins-'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  for (const [name, text] of Object.entries(PLUGINS)) {
    const imports = `import { serveExecutor, serveProcessor } from ${JSON.stringify(SERVE)};`;
    await writeFile(join(folder, name), `#!${process.execPath}\n${imports}\n${text}\n`);
    await chmod(join(folder, name), 0o755);
  }
  node = await TestNode.start({ pluginFolders: [folder], enablePrometheus: true });
}, 60_000);
afterAll(async () => {
  await cleanUp();
  await rm(folder, { recursive: true });
});

const job = (config: Record<string, string>, executor = 'ours') => ({
  schedule: '@manually',
  executor,
  executor_config: config,
});
const runOf = async (name: string) => {
  const id = await node.launch(name);
  const found = async () => (await node.get(`/v1/executions/${id}`)).json;
  await until('the end', async () => !['pending', 'running'].includes((await found()).state as string), 60_000);
  return found();
};

describe('plugins of a server', () => {
  it('run jobs and process outputs', async () => {
    await node.put('plain', { ...job({}), processors: { ours: { key: 'value' } } });
    const id = await node.launch('plain');
    const found = async () => (await node.get(`/v1/executions/${id}`)).json;
    await until('processed', async () => String((await found()).output).startsWith('plain true'), 60_000);
    expect(await found()).toMatchObject({
      state: 'success',
      output: expect.stringMatching(/^plain true test 1 value hello plain pid \d+$/) as string,
    });
  });

  it('fail by name and cause, and nothing else fails; the own shell stays', async () => {
    await node.put('failing', job({ do: 'fail' }));
    expect(await runOf('failing')).toMatchObject({ state: 'failed', output: 'told to fail\nhello failing ' });
    await node.put('never', job({}, 'never'));
    const never = await runOf('never');
    expect(never).toMatchObject({ state: 'failed', reason: 'executor' });
    expect(never.output).toMatch(/^plugin executor-never is unavailable: plugin executor-never .* no handshake: /);
    await node.put('own', shell('echo own'));
    expect(await runOf('own')).toMatchObject({ state: 'success', output: 'own\n' });
  });

  it('G-E4: are in /health while they are down, in metrics always, and come back', async () => {
    const issues = async (): Promise<unknown> => (await node.get('/health')).json.issues;
    await until(
      'never is down',
      async () => JSON.stringify(await issues()) === '["plugin executor-never did not start"]',
      60_000,
    );
    await node.put('crashing', job({ do: 'crash' }));
    const crashed = runOf('crashing');
    let during: { status: number; json: unknown } | undefined;
    await until(
      'ours is down',
      async () => {
        const health = await node.get('/health');
        during = { status: health.status, json: health.json };
        return JSON.stringify(health.json).includes('executor-ours');
      },
      60_000,
    );
    expect(during).toMatchObject({
      status: 503,
      json: {
        issues: ['plugin executor-never did not start', 'plugin executor-ours has exited'],
        leader: true,
        status: 'unhealthy',
      },
    });
    expect((await crashed).output).toMatch(/^plugin executor-ours has exited.*exit status 3.*\nhello crashing $/);
    expect((await runOf('plain')).state).toBe('success');
    await until('ours is up', async () => !JSON.stringify(await issues()).includes('ours'), 60_000);
    const metrics = (await node.get('/metrics')).text;
    expect(metrics).toContain('dkron_plugin_up{plugin="executor-ours"} 1');
    expect(metrics).toContain('dkron_plugin_up{plugin="executor-never"} 0');
    expect(metrics).toContain('dkron_plugin_crashes_total{plugin="executor-ours"} 1');
  });

  it('end the start of a strict node that has a bad one', async () => {
    await expect(TestNode.start({ pluginFolders: [folder], strictPlugins: true })).rejects.toThrow(
      /^plugin executor-never .* did not start: no handshake/,
    );
  });
});
