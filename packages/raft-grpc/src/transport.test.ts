import { readFileSync } from 'node:fs';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { PeerIdentity, SnapshotSource } from '@dkron/raft';
import { createMessage } from '@dkron/raft/core';
import { TransportPeer } from '@dkron/raft/testing';
import { MemoryLogger } from '@dkron/runtime/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { testModules } from '../test/place.ts';
import type { GrpcRaftTransportModules, GrpcRaftTransportOptions } from './options.ts';
import { GrpcRaftTransport } from './transport.ts';
import { raftTransportService } from './wire/service.ts';

const made: GrpcRaftTransport[] = [];

async function make(
  id: string,
  options: Partial<GrpcRaftTransportOptions> = {},
  modules: Partial<GrpcRaftTransportModules> = {},
): Promise<TransportPeer> {
  const transport = new GrpcRaftTransport({ id, minBackoffMs: 5, ...options }, { ...testModules(), ...modules });
  made.push(transport);
  await transport.listen({ host: '127.0.0.1', port: 0 });
  return new TransportPeer(id, transport);
}

afterEach(async () => {
  await Promise.all(made.splice(0).map((transport) => transport.close()));
});

function pem(name: string): Uint8Array {
  return readFileSync(new URL(`../testdata/${name}.pem`, import.meta.url));
}

function credentialsOf(name: string) {
  return { certificate: pem(name), privateKey: pem(`${name}-key`), authorities: pem('authority') };
}

function sourceOf(bytes: number, chunk: () => Promise<Uint8Array>): SnapshotSource {
  const confState = { voters: ['a'], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false };
  const meta = { index: 1, term: 1, confState };
  const message = createMessage({ type: 'Snap', from: 'a', to: 'b', term: 1, snapshot: meta });
  return {
    header: { message, meta, bytes, sha256: '00'.repeat(32) },
    open: async () =>
      (async function* () {
        for (;;) yield await chunk();
      })(),
  };
}

const never = new AbortController().signal;

describe('GrpcRaftTransport', () => {
  it('refuses options out of range, naming option, value and range', () => {
    const build = (options: object) => () => new GrpcRaftTransport({ id: 'a', ...options }, testModules());
    expect(build({ id: '' })).toThrow(TypeError);
    expect(build({ maxFrameBytes: 1 })).toThrow('maxFrameBytes is 1; whole numbers from 65536 to 134217728');
    expect(build({ minBackoffMs: 0.5 })).toThrow('minBackoffMs is 0.5');
    expect(build({ maxBackoffMs: 10 })).toThrow('maxBackoffMs is 10; whole numbers from 50');
  });

  it('refuses misuse', async () => {
    const transport = new GrpcRaftTransport({ id: 'a' }, testModules());
    const beat = createMessage({ type: 'Heartbeat', from: 'a', to: 'b' });
    expect(() => transport.send('b', '127.0.0.1:1', [beat])).toThrow('no handler');
    const peer = new TransportPeer('a', transport);
    expect(() => transport.setHandler(peer)).toThrow('already');
    expect(() => transport.send('a', '127.0.0.1:1', [beat])).toThrow('oneself');
    expect(() => transport.send('b', '127.0.0.1:1', [createMessage({ type: 'Hup' })])).toThrow('never leaves');
    await transport.close();
    await expect(transport.listen({ host: '127.0.0.1', port: 0 })).rejects.toMatchObject({ code: 'transport_closed' });
    await expect(
      transport.sendSnapshot(
        'b',
        '',
        sourceOf(1, async () => new Uint8Array(1)),
        never,
      ),
    ).rejects.toMatchObject({
      code: 'transport_closed',
    });
  });

  it('serves in a server of the application', async () => {
    const transport = new GrpcRaftTransport({ id: 'b' }, testModules());
    made.push(transport);
    const server = new Server(transport.channelOptions);
    server.addService(transport.service, transport.handlers);
    const port = await new Promise<number>((resolve) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_error, bound) => resolve(bound));
    });
    const a = await make('a');
    // Nobody answers yet: the way breaks, and is found again.
    a.beat({ id: 'b', addr: `127.0.0.1:${port}` }, 1);
    await a.until(() => a.lost.length > 0);
    expect(a.lost[0]).toEqual({ id: 'b', reason: 'broken' });
    const b = new TransportPeer('b', transport);
    a.beat({ id: 'b', addr: `127.0.0.1:${port}` }, 2);
    await b.until(() => b.received.length > 0);
    await transport.close();
    server.forceShutdown();
  });

  it('does not judge two processes of one name at the same time', async () => {
    const b = await make('b');
    const judge = b.judge.bind(b);
    let judging = 0;
    let most = 0;
    b.judge = async (handshake, purpose) => {
      judging += 1;
      most = Math.max(most, judging);
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      judging -= 1;
      return judge(handshake, purpose);
    };
    const twins = await Promise.all([make('a'), make('a')]);
    twins.forEach((twin, i) => {
      twin.said = { boot: `boot-${i}` };
      twin.beat(b, i);
    });
    await b.until(() => b.judged.length >= 2);
    expect(most).toBe(1);
    expect(b.judged.slice(0, 2).map(({ accepted }) => accepted)).toEqual([true, false]);
  });

  it('tells an address where nobody listens from a peer that says so', async () => {
    const probe = new Server();
    const bind = (server: Server): Promise<number> =>
      new Promise((resolve) => {
        server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_error, bound) => resolve(bound));
      });
    const port = await bind(probe);
    probe.forceShutdown();
    const a = await make('a');
    a.beat({ id: 'b', addr: `127.0.0.1:${port}` }, 1);
    await a.until(() => a.lost.length > 0);
    expect(a.lost[0]).toEqual({ id: 'b', reason: 'refused' });
    const liar = new Server();
    const details = 'No connection established. Last error: connect ECONNREFUSED 127.0.0.1:1';
    const refuse = (call: { emit(name: 'error', error: object): void }): void =>
      call.emit('error', { code: status.UNAVAILABLE, details });
    const method = raftTransportService.session;
    liar.addService(
      { session: { ...method, requestDeserialize: Buffer.from, responseSerialize: Buffer.from } } as never,
      {
        session: refuse as never,
      },
    );
    const liarsPort = await bind(liar);
    a.beat({ id: 'c', addr: `127.0.0.1:${liarsPort}` }, 1);
    await a.until(() => a.lost.some(({ id }) => id === 'c'));
    expect(a.lost.find(({ id }) => id === 'c')).toEqual({ id: 'c', reason: 'broken' });
    liar.forceShutdown();
  });

  it('reports an address that is none, and logs it once a minute', async () => {
    const logger = new MemoryLogger();
    const a = await make('a', {}, { logger });
    for (const addr of ['', 'no such scheme://x', '127.0.0.1:99999999']) {
      const before = a.lost.length;
      a.beat({ id: 'b', addr }, 1);
      await a.until(() => a.lost.length > before);
      expect(a.lost.at(-1)?.reason).toBe('broken');
    }
    expect(logger.records.length).toBeLessThanOrEqual(1);
  });

  it('gives up a dial that is not answered', async () => {
    const b = await make('b');
    b.judge = () => new Promise(() => {});
    const a = await make('a', { handshakeTimeoutMs: 30 });
    a.beat(b, 1);
    await a.until(() => a.lost.length > 0);
    expect(a.lost[0]).toEqual({ id: 'b', reason: 'broken' });
  });

  it('drops a message that fits no frame', async () => {
    const [a, b] = [await make('a', { maxFrameBytes: 65_536 }), await make('b')];
    const large = createMessage({ type: 'App', from: 'a', to: 'b', context: new Uint8Array(70_000) });
    a.send(b, large);
    a.beat(b, 1);
    await a.until(() => a.lost.length > 0);
    expect(a.lost).toEqual([{ id: 'b', reason: 'overflow' }]);
    await b.until(() => b.received.length === 1);
    expect(a.transport.connections()[0]).toMatchObject({ dropped: 1, queuedMessages: 0, queuedBytes: 0 });
  });

  it('sends a large control message in pieces behind a large append', async () => {
    const [a, b] = [await make('a'), await make('b')];
    a.send(
      b,
      createMessage({ type: 'App', from: 'a', to: 'b', index: 1, context: new Uint8Array(900_000) }),
      createMessage({ type: 'ReadIndex', from: 'a', to: 'b', index: 2, context: new Uint8Array(500_000) }),
      createMessage({ type: 'App', from: 'a', to: 'b', index: 3, context: new Uint8Array(300_000) }),
    );
    await b.until(() => b.received.length === 3);
    const sizes = b.received.map(({ context }) => context.byteLength);
    expect(sizes.toSorted((x, y) => x - y)).toEqual([300_000, 500_000, 900_000]);
    expect(b.received.filter(({ type }) => type === 'App').map(({ index }) => index)).toEqual([1, 3]);
  });
});

describe('snapshots of GrpcRaftTransport', () => {
  it('take one for each peer, and a few in all', async () => {
    const [a, b] = [await make('a', { maxSnapshots: 1 }), await make('b')];
    const stop = new AbortController();
    const endless = sourceOf(2 ** 40, async () => new Uint8Array(1000));
    b.onSnapshot = async () => ({
      offset: 0,
      take: async (stream) => {
        for await (const _ of stream) stop.abort();
      },
    });
    const first = a.transport.sendSnapshot('b', b.transport.localAddr(), endless, stop.signal);
    for (const to of ['b', 'c']) {
      const second = a.transport.sendSnapshot(to, b.transport.localAddr(), endless, never);
      await expect(second).rejects.toMatchObject({ code: 'snapshot_busy' });
    }
    await expect(first).rejects.toMatchObject({ code: 'snapshot_aborted' });
  });

  it('end when they take longer than their size allows', async () => {
    const [a, b] = [await make('a', { snapshotTimeoutMs: 40, minSnapshotRateBytes: 2 ** 30 }), await make('b')];
    b.onSnapshot = () => new Promise(() => {});
    const sending = a.transport.sendSnapshot(
      'b',
      b.transport.localAddr(),
      sourceOf(9, async () => new Uint8Array(9)),
      never,
    );
    await expect(sending).rejects.toMatchObject({ code: 'snapshot_timeout' });
  });

  it('are tried again a few times when nobody answers, and then given up', async () => {
    const [a, b] = [await make('a', { snapshotRetries: 2 }), await make('b')];
    const addr = b.transport.localAddr();
    await b.transport.close();
    const sending = a.transport.sendSnapshot(
      'b',
      addr,
      sourceOf(9, async () => new Uint8Array(9)),
      never,
    );
    await expect(sending).rejects.toMatchObject({ code: 'snapshot_failed', details: { retries: 2 } });
  });

  it('wait for credit: no more than the window is under way', async () => {
    const window = 65_536;
    const [a, b] = [await make('a'), await make('b', { bulkWindowBytes: window })];
    let given = 0;
    let taken = 0;
    let most = 0;
    const total = 100 * 8192;
    const source = sourceOf(total, async () => {
      most = Math.max(most, given - taken);
      given += 8192;
      return new Uint8Array(8192);
    });
    const stop = new AbortController();
    b.onSnapshot = async () => ({
      offset: 0,
      take: async (stream) => {
        for await (const chunk of stream) {
          taken += chunk.byteLength;
          await new Promise(setImmediate);
          if (taken === total) stop.abort();
        }
      },
    });
    await expect(a.transport.sendSnapshot('b', b.transport.localAddr(), source, stop.signal)).rejects.toThrow(
      'given up',
    );
    expect(taken).toBe(total);
    expect(most).toBeLessThanOrEqual(window + 2 * 8192);
  });

  it('end when the transport is closed', async () => {
    const [a, b] = [await make('a'), await make('b')];
    const started = Promise.withResolvers<void>();
    b.onSnapshot = () => {
      started.resolve();
      return new Promise(() => {});
    };
    const sending = a.transport.sendSnapshot(
      'b',
      b.transport.localAddr(),
      sourceOf(9, async () => new Uint8Array(9)),
      never,
    );
    const refused = sending.catch((error: unknown) => error);
    await started.promise;
    await a.transport.close();
    expect(await refused).toMatchObject({ code: 'transport_closed' });
  });
});

describe('credentials of GrpcRaftTransport', () => {
  it('show certificates both ways, whose names authorize sees', async () => {
    const seen: PeerIdentity[] = [];
    const authorize = (identity: PeerIdentity): true => {
      seen.push(identity);
      return true;
    };
    const a = await make('a', {}, { credentials: credentialsOf('server-a'), authorize });
    const b = await make('b', {}, { credentials: credentialsOf('server-b'), authorize });
    a.beat(b, 1);
    await b.until(() => b.received.length === 1);
    expect(seen.map(({ names }) => names?.find((name) => name.startsWith('server/')))).toEqual([
      'server/global/a',
      'server/global/b',
    ]);
  });

  it('refuse who is not authorized, on either side', async () => {
    const onlyB = ({ names = [] }: PeerIdentity): true | string => names.includes('server/global/b') || 'not server b';
    const b = await make('b', {}, { credentials: credentialsOf('server-b'), authorize: onlyB });
    const a = await make('a', {}, { credentials: credentialsOf('server-a') });
    a.beat(b, 1);
    await a.until(() => a.lost.length > 0);
    expect(a.transport.connections()[0]?.refusal).toEqual({
      code: 'unauthorized',
      message: 'server a is not authorized: not server b',
    });
    b.beat(a, 1);
    await b.until(() => b.lost.length > 0);
    expect(b.transport.connections()[0]?.refusal?.code).toBe('unauthorized');
    expect([...a.received, ...b.received]).toEqual([]);
  });

  it('let nobody in without a certificate, or with one of another authority', async () => {
    const b = await make('b', {}, { credentials: credentialsOf('server-b') });
    const strange = { ...credentialsOf('stranger'), authorities: pem('authority') };
    for (const modules of [{}, { credentials: strange }, { credentials: { authorities: pem('authority') } }]) {
      const transport = new GrpcRaftTransport({ id: 'a' }, { ...testModules(), ...modules });
      made.push(transport);
      const a = new TransportPeer('a', transport);
      a.beat(b, 1);
      await a.until(() => a.lost.length > 0);
      expect(a.lost[0]?.reason).toBe('broken');
    }
    expect(b.judged).toEqual([]);
  });
});
