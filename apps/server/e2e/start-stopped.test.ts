import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { ServerProcess } from '@dkron/harness';
import { silentLogger } from '@dkron/runtime';
import { SERVER_DEFAULTS } from '../src/options.ts';
import { startNode, StartStopped } from '../src/server-node.ts';
import { until } from './support/api.ts';
import { cleanUp, tempDir, TestNode } from './support/test-node.ts';

afterAll(cleanUp);

describe('told to end while it starts', () => {
  it('a server that waits for its join target ends in order; its folder is free', async () => {
    // Takes connections and says nothing.
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as AddressInfo;
    const dataDir = await tempDir();
    const options = {
      ...SERVER_DEFAULTS,
      nodeName: 'one',
      bootstrapExpect: 1,
      httpAddr: '127.0.0.1:0',
      bindAddr: '127.0.0.1:0',
      rpcPort: 0,
      retryJoin: [`127.0.0.1:${port}`],
      dataDir,
    };
    const starting = new AbortController();
    const start = startNode(options, silentLogger, {
      onFatal: () => undefined,
      onLeave: () => undefined,
      signal: starting.signal,
    });
    const outcome = start.catch((error: unknown) => error);
    await until('it has asked', async () => sockets.length > 0);
    starting.abort();
    expect(await outcome).toBeInstanceOf(StartStopped);
    for (const socket of sockets) socket.destroy();
    silent.close();
    const again = await TestNode.start({ nodeName: 'one', dataDir });
    expect((await again.get('/v1/leader')).status).toBe(200);
    await again.stop();
  });

  it('SIGTERM right after the start of the process: exit code 0, and the next start works', async () => {
    const dataDir = await tempDir();
    const server = await ServerProcess.launch({ dataDir });
    await until('its first word', async () => server.log.includes('spawn helper: ready'));
    expect(await server.stop()).toBe(0);
    expect(server.log).toMatch(/server: (stopped before it was ready|stopping)/);
    const next = await ServerProcess.start({ dataDir });
    expect(await next.stop()).toBe(0);
  });
});
