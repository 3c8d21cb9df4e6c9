import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { ServerProcess } from '@dkron/harness';
import { Api, job, until } from './support/api.ts';
import { cleanUp, tempDir } from './support/test-node.ts';

const mounts: string[] = [];
const servers: ServerProcess[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => server.kill()));
  for (const path of mounts) execFileSync('umount', [path]);
  await cleanUp();
});

/** A small file system: its last 16 MiB are the reserve below which writes are refused; undefined where this user may not mount. */
function mountSmall(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=48m', 'tmpfs', path], { stdio: 'ignore' });
  } catch {
    return false;
  }
  mounts.push(path);
  return true;
}

async function start(dataDir: string): Promise<ServerProcess> {
  const server = await ServerProcess.start({ dataDir });
  servers.push(server);
  return server;
}

describe('a full disk', () => {
  it('refuses writes and goes on with everything else; with room again it takes them', async (context) => {
    const dataDir = await tempDir();
    if (!mountSmall(dataDir)) return context.skip('mounting a small file system is not allowed here');
    const server = await start(dataDir);
    const api = new Api(server.url);
    const acknowledged: string[] = [];
    let refused: { readonly status: number; readonly text: string } | undefined;
    for (let i = 0; i < 2_000 && refused === undefined; i++) {
      const answer = await api.call('POST', '/v1/jobs', { body: job(`big-${i}`, { displayname: 'x'.repeat(50_000) }) });
      if (answer.status === 201) acknowledged.push(`big-${i}`);
      else refused = answer;
    }
    expect(acknowledged.length).toBeGreaterThan(5);
    expect(refused).toMatchObject({
      status: 500,
      text: expect.stringContaining('the disk of this server is nearly full'),
    });
    const names = async () => (await api.list('/v1/jobs?_end=100000')).map((item) => item.name);
    expect(await names()).toEqual(expect.arrayContaining(acknowledged));
    execFileSync('mount', ['-o', 'remount,size=256m', dataDir]);
    await until('room', async () => (await api.call('POST', '/v1/jobs', { body: job('after') })).status === 201);
    expect(await server.stop()).toBe(0);
    const again = new Api((await start(dataDir)).url);
    const kept = (await again.list('/v1/jobs?_end=100000')).map((item) => item.name);
    expect(kept).toEqual(expect.arrayContaining([...acknowledged, 'after']));
  });
});
