import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { createMessage } from '@dkron/raft/core';
import { TransportPeer } from '@dkron/raft/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { testModules } from '../test/place.ts';
import { GrpcRaftTransport } from './transport.ts';

const closers: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function make(id: string): Promise<TransportPeer> {
  const transport = new GrpcRaftTransport({ id }, testModules());
  closers.push(() => transport.close());
  await transport.listen({ host: '127.0.0.1', port: 0 });
  return new TransportPeer(id, transport);
}

/** A way to `target` that can stand still. */
async function makeWay(target: string): Promise<{ addr: string; halt(): void; goOn(): void }> {
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(Number(target.slice(target.lastIndexOf(':') + 1)), '127.0.0.1');
    sockets.push(near, far);
    for (const socket of [near, far]) socket.on('error', () => {});
    near.on('data', (bytes) => void far.write(bytes));
    far.on('data', (bytes) => void near.write(bytes));
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    addr: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    halt: () => sockets.forEach((socket) => socket.pause()),
    goOn: () => sockets.forEach((socket) => socket.resume()),
  };
}

describe('a way that stands still', () => {
  it('has at most 256 KiB handed over, and a heartbeat then waits for no more than that', async () => {
    const [a, b] = [await make('a'), await make('b')];
    const way = await makeWay(b.transport.localAddr());
    const to = { id: 'b', addr: way.addr };
    a.beat(to, 1);
    await b.until(() => b.received.length === 1);

    way.halt();
    const count = 60;
    const bytes = 60 * 1024;
    for (let i = 1; i <= count; i++) {
      const context = new Uint8Array(bytes);
      a.send(to, createMessage({ type: 'App', from: 'a', to: 'b', term: 1, index: i, context }));
    }
    const queued = (): number => a.transport.connections()[0]?.queuedBytes ?? 0;
    for (let still = 0, last = -1; still < 200; still = queued() === last ? still + 1 : 0) {
      last = queued();
      await new Promise(setImmediate);
    }
    // 64 KiB are what HTTP/2 lets go unanswered, 256 KiB the limit.
    expect(count * bytes - queued()).toBeLessThanOrEqual((64 + 256) * 1024);

    a.beat(to, 2);
    way.goOn();
    await b.until(() => b.received.some(({ commit }) => commit === 2));
    const before = b.received.filter(({ type }) => type === 'App').length;
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(8);
    await b.until(() => b.received.filter(({ type }) => type === 'App').length === count);
  });
});
