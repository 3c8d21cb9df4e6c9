import { createSocket } from 'node:dgram';
import { createServer, Server } from 'node:net';
import { once } from 'node:events';
import { systemTimers as timers } from '@dkron/runtime/system';
import { describe, expect, it, vi } from 'vitest';
import { gossipTransportSuite } from '../testing/transport-suite.ts';
import { SocketTransport } from './socket-transport.ts';
import type { TransportHandler } from './transport.ts';

const quiet: TransportHandler = { packet: () => {}, stream: (connection) => connection.destroy(), failed: () => {} };

gossipTransportSuite(
  'SocketTransport',
  { describe, it },
  () => new SocketTransport({ ip: '127.0.0.1', port: 0 }, { timers }),
);
gossipTransportSuite(
  'SocketTransport (IPv6)',
  { describe, it },
  () => new SocketTransport({ ip: '::1', port: 0 }, { timers }),
);

describe('SocketTransport', () => {
  it('refuses what is no address or port', () => {
    expect(() => new SocketTransport({ ip: 'localhost', port: 0 }, { timers })).toThrow('ip: "localhost"');
    expect(() => new SocketTransport({ ip: '::1', port: 70_000 }, { timers })).toThrow('port: 70000');
    expect(() => new SocketTransport({ ip: '::1', port: 1.5 }, { timers })).toThrow('port: 1.5');
  });

  it('reaches IPv4 from all of IPv6, and tells its addresses as IPv4', async () => {
    const wide = new SocketTransport({ ip: '::', port: 0 }, { timers });
    const narrow = new SocketTransport({ ip: '127.0.0.1', port: 0 }, { timers });
    try {
      const { port } = await wide.open(quiet);
      let answer: (from: string) => void = () => {};
      const heard = new Promise<string>((resolve) => (answer = resolve));
      const address = await narrow.open({ ...quiet, packet: (_bytes, from) => answer(from.ip) });
      wide.sendPacket(address, Uint8Array.of(1));
      expect(await heard).toBe('127.0.0.1');
      const back = new Promise<string>((resolve) => (answer = resolve));
      await wide.close();
      const again = new SocketTransport({ ip: '::', port }, { timers });
      await again.open({ ...quiet, packet: (_bytes, from) => answer(from.ip) });
      narrow.sendPacket({ ip: '127.0.0.1', port }, Uint8Array.of(1));
      expect(await back).toBe('127.0.0.1');
      await again.close();
    } finally {
      await narrow.close();
    }
  });

  it('says which port cannot be had, and takes neither half of it', async () => {
    const udp = createSocket('udp4').bind(0, '127.0.0.1');
    await once(udp, 'listening');
    const { port } = udp.address();
    await expect(new SocketTransport({ ip: '127.0.0.1', port }, { timers }).open(quiet)).rejects.toMatchObject({
      code: 'GOSSIP_BIND',
      message: expect.stringContaining(`127.0.0.1:${port}`) as string,
    });
    const tcp = createServer().listen(port, '127.0.0.1');
    await once(tcp, 'listening'); // It was given back.
    tcp.close();
    udp.close();
  });

  it('closes connections beyond its bound at once, and says so', async () => {
    const failures: string[] = [];
    const handler = { ...quiet, stream: () => {}, failed: (what: string) => void failures.push(what) };
    const small = new SocketTransport({ ip: '127.0.0.1', port: 0, maxInboundStreams: 1 }, { timers });
    const other = new SocketTransport({ ip: '127.0.0.1', port: 0 }, { timers });
    try {
      const address = await small.open(handler);
      await other.open(quiet);
      other.dial(address);
      await new Promise<void>((closed) => {
        other.dial(address).read({ data: () => {}, ended: () => {}, closed: () => closed() });
      });
      expect(failures).toEqual(['overload']);
    } finally {
      await small.close();
      await other.close();
    }
  });

  it('TcpListenBackoff: when connections cannot be accepted it says so, and goes on listening', async () => {
    const listening = vi.spyOn(Server.prototype, 'listen');
    const failures: string[] = [];
    let accepted: () => void = () => {};
    const taken = new Promise<void>((resolve) => (accepted = resolve));
    const transport = new SocketTransport({ ip: '127.0.0.1', port: 0 }, { timers });
    const other = new SocketTransport({ ip: '127.0.0.1', port: 0 }, { timers });
    try {
      const address = await transport.open({
        ...quiet,
        failed: (what, _peer, error) => void failures.push(`${what} ${error.message}`),
        stream: () => accepted(),
      });
      const server = listening.mock.contexts[0] as Server;
      // As the platform does when a process has no descriptor left; it closes what waits, so that nothing spins.
      for (let i = 0; i < 3; i++) server.emit('error', new Error('accept EMFILE'));
      await other.open(quiet);
      other.dial(address);
      await taken;
      expect(failures).toEqual(Array.from({ length: 3 }, () => 'socket accept EMFILE'));
    } finally {
      listening.mockRestore();
      await transport.close();
      await other.close();
    }
  });

  it('tells of a datagram that is too long', async () => {
    const transport = new SocketTransport({ ip: '127.0.0.1', port: 0 }, { timers });
    const failed = new Promise<string>((resolve) => {
      void transport
        .open({ ...quiet, failed: (what, _peer, error) => resolve(`${what} ${error.message}`) })
        .then((to) => {
          transport.sendPacket(to, new Uint8Array(70_000));
        });
    });
    expect(await failed).toMatch(/^send .*EMSGSIZE/);
    await transport.close();
  });

  it('sends a long run of datagrams over many turns, so that receiving is not starved', async () => {
    const transport = new SocketTransport({ ip: '127.0.0.1', port: 0 }, { timers });
    let received = 0;
    let done: () => void = () => {};
    const all = new Promise<void>((resolve) => (done = resolve));
    const to = await transport.open({
      ...quiet,
      packet: () => {
        if (++received === 1000) done();
      },
    });
    for (let i = 0; i < 1000; i++) transport.sendPacket(to, Uint8Array.of(1));
    await all;
    expect(received).toBe(1000);
    await transport.close();
  });
});
