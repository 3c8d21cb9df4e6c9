import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { ManualTime } from '@dkron/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConnectionPool, type ConnectionSource } from './connection-pool.ts';
import { SocketScope } from './socket-scope.ts';

/** Takes connections and says nothing. */
let server: Server;
let port: number;
beforeAll(async () => {
  server = createServer((socket) => socket.on('error', () => {}).resume()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => server.close());

const accepted = async (): Promise<Socket> => (await once(server, 'connection'))[0] as Socket;
const signal = new AbortController().signal;
const poolOf = (): ConnectionPool<() => void> => new ConnectionPool({}, { timers: new ManualTime() });

describe('sockets of clients of others', () => {
  it('end when the opening is given up that made them', async () => {
    const deaf: ConnectionSource<() => void> = {
      open: () => new Promise(() => void connect(port, '127.0.0.1')),
      close: () => {},
    };
    const stop = new AbortController();
    const [socket] = await Promise.all([
      accepted().then((made) => (stop.abort(new Error('enough')), made)),
      expect(poolOf().acquire('k', deaf, stop.signal)).rejects.toThrow('enough'),
    ]);
    if (!socket.closed) await once(socket, 'close');
  });

  it('end with the connection, also those made when it is first used; no others do', async () => {
    const lazy: ConnectionSource<() => void> = {
      open: () => {
        const inScope = SocketScope.keep();
        return Promise.resolve(() => inScope(() => void connect(port, '127.0.0.1')));
      },
      close: () => {},
    };
    const pool = poolOf();
    const lease = await pool.acquire('k', lazy, signal);
    const own = connect(port, '127.0.0.1');
    const other = await accepted();
    lease.connection();
    const socket = await accepted();
    lease.release();
    await pool.close();
    if (!socket.closed) await once(socket, 'close');
    expect([own.destroyed, other.closed]).toEqual([false, false]);
    own.destroy();
  });

  it('that are made too late end at once', async () => {
    const scope = new SocketScope();
    scope.destroy();
    const socket = scope.run(() => connect(port, '127.0.0.1').on('error', () => {}));
    await once(socket, 'close');
    expect(socket.destroyed).toBe(true);
  });
});
