import { execFileSync } from 'node:child_process';
import { mkdir, readFile, statfs, writeFile } from 'node:fs/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { ServerProcess } from '@dkron/harness';
import { Api, shell, until } from './support/api.ts';
import { cleanUp, tempDir } from './support/test-node.ts';

const mounts: string[] = [];
const servers: ServerProcess[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => server.kill()));
  for (const path of mounts) execFileSync('umount', [path]);
  await cleanUp();
});

async function start(dataDir: string): Promise<{ server: ServerProcess; api: Api }> {
  const server = await ServerProcess.start({ dataDir });
  servers.push(server);
  return { server, api: new Api(server.url) };
}

const linesOf = async (file: string): Promise<string[]> =>
  (await readFile(file, 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');

describe('one acknowledged run is one start', () => {
  it('G-X2: no attempt starts twice, whenever the server is killed; each has an end on record', async () => {
    const dir = await tempDir();
    const names = Array.from({ length: 12 }, (_, i) => `once-${i}`);
    const launched = new Map<string, string>();
    for (const [round, delayMs] of [0, 30, 120].entries()) {
      const { server, api } = await start(`${dir}/data`);
      if (round === 0) {
        for (const name of names) await api.put(name, shell(`echo ${name} >> ${dir}/starts; sleep 0.1`));
      }
      const mine = names.slice(round * 4, round * 4 + 4);
      for (const name of mine) launched.set(name, await api.launch(name));
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      await server.kill();
    }
    const { server, api } = await start(`${dir}/data`);
    await until('all ended', async () => {
      const open = await api.list('/v1/executions?state=pending&state=running');
      return open.length === 0;
    });
    const starts = await linesOf(`${dir}/starts`);
    for (const [name, id] of launched) {
      const executions = await api.executions(name);
      expect(executions.map((item) => [item.id, item.attempt])).toEqual([[id, 1]]);
      const started = starts.filter((line) => line === name).length;
      expect([name, started <= 1]).toEqual([name, true]);
      // What never began is either made up for after the restart or lost; what succeeded began.
      if (executions[0].state === 'success') expect([name, started]).toEqual([name, 1]);
      else expect(executions[0]).toMatchObject({ state: 'lost', reason: 'restart' });
    }
    await server.stop();
  });
});

describe('a result that the server could not take', () => {
  it('G-X2, G-X12: is kept by the node and told again after the restart; the command is not run again', async (context) => {
    const dataDir = await tempDir();
    await mkdir(`${dataDir}/store`);
    // The store alone is on the small disk: the node's journal goes on.
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', `${dataDir}/store`], { stdio: 'ignore' });
    } catch {
      return context.skip('mounting a small file system is not allowed here');
    }
    mounts.push(`${dataDir}/store`);
    const { server, api } = await start(dataDir);
    const output = `head -c 200000 /dev/urandom | base64 -w 0`;
    await api.put(
      'result',
      shell(`echo start >> ${dataDir}/starts; while [ ! -e ${dataDir}/go ]; do sleep 0.05; done; ${output}`),
    );
    const id = await api.launch('result');
    await until('started', async () => (await linesOf(`${dataDir}/starts`)).length === 1);
    await until('running', async () => (await api.get(`/v1/executions/${id}`)).json.state === 'running');
    // Something else fills the disk: the result does not fit any more, all that is written until then does.
    await writeFile(`${dataDir}/store/other`, Buffer.alloc((await freeBytes(`${dataDir}/store`)) - 150_000));
    execFileSync('touch', [`${dataDir}/go`]);
    expect(await server.exited()).toBe(1);
    expect(server.log).toContain(`no space left for the store at ${dataDir}/store`);
    execFileSync('mount', ['-o', 'remount,size=64m', `${dataDir}/store`]);
    const again = new Api((await start(dataDir)).server.url);
    const told = await until('told again', async () => {
      const execution = (await again.get(`/v1/executions/${id}`)).json;
      return execution.state !== 'running' && execution;
    });
    expect(told).toMatchObject({ state: 'success', success: true, attempt: 1 });
    expect(told.output.length).toBeGreaterThan(200_000);
    expect(await linesOf(`${dataDir}/starts`)).toEqual(['start']);
    expect(await again.executions('result')).toHaveLength(1);
  });
});

async function freeBytes(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}
