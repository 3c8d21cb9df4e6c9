import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, it } from 'vitest';
import { ServerProcess } from '@dkron/harness';
import { Api, job } from './support/api.ts';
import { cleanUp, tempDir } from './support/test-node.ts';

const mounts: string[] = [];
const servers: ServerProcess[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => server.kill()));
  for (const path of mounts) execFileSync('umount', [path]);
  await cleanUp();
});

/** A file system of a few megabytes; undefined where this user may not mount. */
function mountSmall(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', path], { stdio: 'ignore' });
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
  it('ends the server with 1, naming the place; with room again every acknowledged job is there', async (context) => {
    const dataDir = await tempDir();
    if (!mountSmall(dataDir)) return context.skip('mounting a small file system is not allowed here');
    const server = await start(dataDir);
    const api = new Api(server.url);
    const acknowledged: string[] = [];
    let failure = '';
    for (let i = 0; i < 500 && failure === ''; i++) {
      const body = job(`big-${i}`, { displayname: 'x'.repeat(50_000) });
      const answer = await api.call('POST', '/v1/jobs', { body }).catch((error: Error) => error);
      if (answer instanceof Error) failure = answer.message;
      else if (answer.status === 201) acknowledged.push(`big-${i}`);
      else failure = `${answer.status} ${answer.text}`;
    }
    expect(acknowledged.length).toBeGreaterThan(5);
    expect(failure).toMatch(/^500 no space left for the store at /);
    expect(await server.exited()).toBe(1);
    expect(server.log).toContain(`no space left for the store at ${dataDir}/store`);
    execFileSync('mount', ['-o', 'remount,size=64m', dataDir]);
    const again = new Api((await start(dataDir)).url);
    const names = (await again.list('/v1/jobs')).map((item) => item.name);
    expect(names).toEqual(expect.arrayContaining(acknowledged));
    await again.put('after');
  });
});
