/* Plugins made as a user makes them: from the template, and in Python. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostOf, PluginFolder } from '../test/plugin-files.ts';
import { run } from '../test/run.ts';
import type { PluginHost } from '../src/host/index.ts';

const EXAMPLES = fileURLToPath(new URL('../../../examples', import.meta.url));
const PACKAGE = fileURLToPath(new URL('..', import.meta.url));
const pathBefore = process.env['PATH']!;
const folders: PluginFolder[] = [];
const hosts: PluginHost[] = [];

async function hostFor(fill: (folder: PluginFolder) => void, path: string): Promise<PluginHost> {
  const folder = new PluginFolder();
  folders.push(folder);
  fill(folder);
  process.env['PATH'] = path;
  const host = hostOf({ folders: [folder.path] });
  hosts.push(host);
  await host.start();
  return host;
}
afterAll(async () => {
  process.env['PATH'] = pathBefore;
  await Promise.all(hosts.map((host) => host.close()));
  for (const folder of folders) folder.remove();
});

describe('the template', () => {
  it('gives an executor and a processor', async () => {
    const host = await hostFor(
      (folder) => {
        for (const kind of ['executor', 'processor']) {
          const made = join(folder.path, `made-${kind}`);
          execFileSync(process.execPath, [join(EXAMPLES, 'create-plugin/create.mjs'), kind, 'my-own', made]);
          mkdirSync(join(made, 'node_modules/@dkron'), { recursive: true });
          symlinkSync(PACKAGE, join(made, 'node_modules/@dkron/plugins'));
          symlinkSync(join(made, `dkron-${kind}-my-own`), join(folder.path, `dkron-${kind}-my-own`));
        }
      },
      `${dirname(process.execPath)}:${pathBefore}`,
    );
    expect(host.status().map(({ id, state, error }) => [id, state, error])).toEqual([
      ['executor-my-own', 'ready', undefined],
      ['processor-my-own', 'ready', undefined],
    ]);
    const found = await run(host.executors[0], { text: 'text' });
    expect(found).toMatchObject({ success: true, output: 'hello from job\ntext\n' });
    expect((await run(host.executors[0], { fail: 'true' })).error).toBe('told to fail');
    const input = {
      executionId: '1-n',
      jobName: 'job',
      nodeName: 'n',
      reportingNode: 'n',
      success: true,
      startedAt: '2026-01-01T00:00:00Z',
      output: Buffer.from('12345'),
    };
    const { signal } = new AbortController();
    const processed = await host.processors[0]!.process(input, {}, { signal });
    expect(Buffer.from(processed).toString()).toBe('job: 5 characters\n');
  });
});

/** A folder with a `python3` that has grpcio; undefined, and a line that says so, where there is none. */
function pythonFolder(): string | undefined {
  const kept = join(tmpdir(), `dkron-python-${process.getuid?.() ?? 0}`);
  const has = (python: string): boolean => {
    try {
      execFileSync(python, ['-c', 'import grpc'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };
  if (has('python3')) return '';
  const python = join(kept, 'bin/python3');
  try {
    if (!existsSync(python)) execFileSync('python3', ['-m', 'venv', kept], { stdio: 'ignore' });
    if (!has(python))
      execFileSync(python, ['-m', 'pip', 'install', '-q', 'grpcio'], { stdio: 'ignore', timeout: 120_000 });
    return dirname(python);
  } catch (error) {
    process.stderr.write(`the plugin in Python is not tried: ${String(error).split('\n')[0]}\n`);
    return undefined;
  }
}

const python = pythonFolder();

describe.skipIf(python === undefined)('the plugin in Python', () => {
  let host: PluginHost;
  beforeAll(async () => {
    host = await hostFor((folder) => {
      const to = join(folder.path, 'dkron-executor-python');
      copyFileSync(join(EXAMPLES, 'python-plugin/dkron-executor-python'), to);
      chmodSync(to, 0o755);
    }, `${python}:${pathBefore}`);
  });

  it('runs, reports, fails, and keeps 20 runs apart', async () => {
    const [executor] = host.executors;
    expect(host.status()[0]).toMatchObject({ id: 'executor-python', state: 'ready' });
    const found = await run(executor, { code: 'for i in range(3):\n  print(job, i)' });
    expect(found).toMatchObject({ success: true, output: 'job 0\njob 1\njob 2\n' });
    const failed = await run(executor, { code: 'print("before")\n1 / 0' });
    expect(failed).toMatchObject({ success: false, error: 'ZeroDivisionError: division by zero', output: 'before\n' });
    expect((await run(executor, {})).error).toBe('ValueError: code is missing');
    const texts = Array.from({ length: 20 }, (_, i) => `run ${i}`);
    const results = await Promise.all(
      texts.map((text) => run(executor, { code: 'for i in range(20): print(config["text"])', text })),
    );
    expect(results.map(({ output }) => output)).toEqual(texts.map((text) => `${text}\n`.repeat(20)));
  });
});
