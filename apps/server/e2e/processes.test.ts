import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import type { ServerProcessOptions } from '@dkron/harness';
import { ServerProcess } from '@dkron/harness';
import { Api, shell, until } from './support/api.ts';
import { cleanUp, tempDir } from './support/test-node.ts';

const started: ServerProcess[] = [];
afterEach(async () => {
  await Promise.all(started.splice(0).map((server) => server.kill()));
});
afterAll(cleanUp);

async function start(options: ServerProcessOptions): Promise<{ server: ServerProcess; api: Api }> {
  const server = await ServerProcess.start(options);
  started.push(server);
  return { server, api: new Api(server.url) };
}

async function refused(options: ServerProcessOptions): Promise<{ code: number; log: string }> {
  const server = await ServerProcess.launch(options);
  started.push(server);
  return { code: await server.exited(), log: server.log };
}

const pidOf = (file: string) =>
  until(file, async () => Number(await readFile(file, 'utf8').catch(() => '')) || undefined);

describe('a start that cannot succeed ends with 1 and says why', () => {
  it('a store that another process holds; a port that is taken', async () => {
    const dataDir = await tempDir();
    const { server, api } = await start({ dataDir });
    const locked = await refused({ dataDir });
    expect(locked.code).toBe(1);
    expect(locked.log).toContain(`${dataDir}/store is in use by process ${server.pid}`);
    const taken = await refused({ dataDir: await tempDir(), port: Number(new URL(server.url).port) });
    expect(taken.code).toBe(1);
    expect(taken.log).toMatch(/http-addr: 127\.0\.0\.1:\d+ is taken by another process/);
    expect((await api.get('/v1/leader')).status).toBe(200);
    expect(await server.stop()).toBe(0);
  });

  it('a directory of the original', async () => {
    const dataDir = await tempDir();
    await mkdir(`${dataDir}/raft`);
    await writeFile(`${dataDir}/raft/raft.db`, 'bolt');
    const { code, log } = await refused({ dataDir });
    expect(code).toBe(1);
    expect(log).toContain(dataDir);
    expect(log).toContain('/v1/restore');
  });

  it('a data directory that is a file, or where none can be made', async () => {
    const dataDir = `${await tempDir()}/file`;
    await writeFile(dataDir, '');
    const { code, log } = await refused({ dataDir });
    expect([code, log.includes(`data-dir: cannot use ${dataDir}`)]).toEqual([1, true]);
    const nowhere = await refused({ dataDir: '/proc/nowhere' });
    expect([nowhere.code, nowhere.log.includes('data-dir: cannot use /proc/nowhere')]).toEqual([1, true]);
  });
});

describe('kill -9', () => {
  it('G-X3, G-X7: keeps acknowledged jobs; what ran is lost(restart), gone, and retried', async () => {
    const dir = await tempDir();
    const dataDir = `${dir}/data`;
    const { server, api } = await start({ dataDir });
    await api.put('victim', {
      ...shell(`if [ -e ${dir}/pid ]; then echo again; else echo $$ > ${dir}/pid; sleep 60; fi`),
      retries: 1,
    });
    const names = Array.from({ length: 50 }, (_, i) => `kept-${i}`);
    const id = await api.launch('victim');
    const pid = await pidOf(`${dir}/pid`);
    const acknowledged: string[] = [];
    const posting = Promise.all(
      names.map((name) =>
        api
          .put(name)
          .then(() => acknowledged.push(name))
          .catch(() => undefined),
      ),
    );
    await until('half', async () => acknowledged.length > 20);
    await server.kill();
    await posting;
    const again = new Api((await start({ dataDir })).server.url);
    const stored = (await again.list('/v1/jobs')).map((job) => job.name);
    expect(stored).toEqual(expect.arrayContaining([...acknowledged, 'victim']));
    const lost = await until('verdict', async () => {
      const execution = (await again.get(`/v1/executions/${id}`)).json;
      return execution.state !== 'running' && execution.state !== 'pending' && execution;
    });
    expect(lost).toMatchObject({ state: 'lost', reason: 'restart', success: false });
    await until('process group gone', async () => !alive(-pid));
    const attempts = await until('retry', async () => {
      const executions = await again.executions('victim');
      return executions.some((item) => item.state === 'success') && executions;
    });
    expect(attempts).toMatchObject([
      { attempt: 2, output: 'again\n' },
      { attempt: 1, state: 'lost' },
    ]);
    expect(await again.list('/v1/executions?state=running')).toEqual([]);
  });
});

describe('SIGTERM', () => {
  /** A server with a command that ends in a second; `expectDone` starts it again and asks what became of that. */
  async function startEnding(): Promise<{ readonly server: ServerProcess; readonly expectDone: () => Promise<void> }> {
    const dir = await tempDir();
    const dataDir = `${dir}/data`;
    const { server, api } = await start({ dataDir });
    await api.put('ending', shell(`echo $$ > ${dir}/pid; sleep 1; echo done`));
    const id = await api.launch('ending');
    await pidOf(`${dir}/pid`);
    const expectDone = async (): Promise<void> => {
      const again = new Api((await start({ dataDir })).server.url);
      expect((await again.get(`/v1/executions/${id}`)).json).toMatchObject({ state: 'success', output: 'done\n' });
    };
    return { server, expectDone };
  }

  it('waits for what runs, takes its result, then ends with 0', async () => {
    const { server, expectDone } = await startEnding();
    expect(await server.stop()).toBe(0);
    await expectDone();
  });

  it('a second signal ends at once, and so does the command', async () => {
    const dir = await tempDir();
    const { server, api } = await start({ dataDir: `${dir}/data` });
    await api.put('endless', shell(`echo $$ > ${dir}/pid; sleep 60`));
    await api.launch('endless');
    const pid = await pidOf(`${dir}/pid`);
    process.kill(server.pid, 'SIGTERM');
    await until('first signal', async () => server.log.includes('stopping'));
    const before = performance.now();
    await until('more than its echo', async () => performance.now() - before > 1_000);
    process.kill(server.pid, 'SIGTERM');
    expect(await server.exited()).toBe(1);
    // The first signal alone would wait 30 s for what runs.
    expect(performance.now() - before).toBeLessThan(20_000);
    await until('process group gone', async () => !alive(-pid));
  });

  it('one that comes twice, directly and from the parent, is one', async () => {
    const { server, expectDone } = await startEnding();
    process.kill(server.pid, 'SIGTERM');
    await until('first signal', async () => server.log.includes('stopping'));
    process.kill(server.pid, 'SIGTERM');
    expect(await server.exited()).toBe(0);
    await expectDone();
  });
});

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
