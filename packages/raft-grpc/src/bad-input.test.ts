import { Client, credentials, Metadata, status } from '@grpc/grpc-js';
import type { ClientDuplexStream } from '@grpc/grpc-js';
import { connect } from 'node:net';
import { createMessage } from '@dkron/raft/core';
import { TransportPeer } from '@dkron/raft/testing';
import type { Labels, Metrics } from '@dkron/runtime';
import { noMetrics } from '@dkron/runtime';
import { MemoryLogger, seededRandom } from '@dkron/runtime/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testModules } from '../test/place.ts';
import { encodeFrame } from './codec/frame.ts';
import { SessionRequest, SnapshotRequest } from './gen/dkron/raft/v1/transport.ts';
import { GrpcRaftTransport } from './transport.ts';
import { raftTransportService } from './wire/service.ts';

type Case = NonNullable<SessionRequest['message']>;

const counted: [string, Labels][] = [];
const metrics: Metrics = {
  ...noMetrics,
  counter: (name) => ({ add: (_value, labels = {}) => void counted.push([name, labels]) }),
};
let logger: MemoryLogger;
let transport: GrpcRaftTransport;
let server: TransportPeer;
let clients: Client[];

beforeEach(async () => {
  counted.length = 0;
  clients = [];
  logger = new MemoryLogger();
  transport = new GrpcRaftTransport(
    { id: 'b', maxFrameBytes: 65_536, handshakeTimeoutMs: 300, bulkWindowBytes: 65_536 },
    { ...testModules(), logger, metrics },
  );
  await transport.listen({ host: '127.0.0.1', port: 0 });
  server = new TransportPeer('b', transport);
});

afterEach(async () => {
  for (const client of clients) client.close();
  await transport.close();
});

/** A stream on which a test writes bytes. */
function open(path: string = raftTransportService.session.path): ClientDuplexStream<Buffer, Buffer> {
  const client = new Client(transport.localAddr(), credentials.createInsecure(), {
    'grpc.use_local_subchannel_pool': 1,
  });
  clients.push(client);
  const call = client.makeBidiStreamRequest(
    path,
    (bytes: Buffer) => bytes,
    (bytes: Buffer) => bytes,
    new Metadata(),
  );
  call.on('data', () => {});
  call.on('error', () => {});
  return call;
}

function ended(call: ClientDuplexStream<Buffer, Buffer>): Promise<number> {
  return new Promise((resolve) => call.on('status', ({ code }: { code: number }) => resolve(code)));
}

function bytesOf(message: Case): Buffer {
  return Buffer.from(SessionRequest.encode({ message }).finish());
}

function greeting(said: object = {}): Buffer {
  const value = { ...peerHandshake(), ...said };
  return bytesOf({ $case: 'handshake', value });
}

function peerHandshake() {
  return {
    clusterId: 'c1', region: 'global', from: 'a', to: 'b', birth: 'ba', toBirth: '', boot: 'boot-a',
    wireMin: 1, wireMax: 1, featureMax: 1, software: 't', lastTerm: 0, lastIndex: 0,
  }; // prettier-ignore
}

const accepted = bytesOf({ $case: 'verdict', value: { accepted: true, wire: 1, code: '', text: '', window: 0 } });

/** A stream that is greeted on both sides. */
function openGreeted(): ClientDuplexStream<Buffer, Buffer> {
  const call = open();
  call.write(greeting());
  call.write(accepted);
  return call;
}

async function stillWorks(): Promise<void> {
  const other = new GrpcRaftTransport({ id: 'c' }, testModules());
  const peer = new TransportPeer('c', other);
  const before = server.received.length;
  peer.beat(server, 1);
  await server.until(() => server.received.length > before);
  await other.close();
}

describe('bad input on a stream', () => {
  const heartbeat = createMessage({ type: 'Heartbeat', from: 'a', to: 'b', term: 1 });
  const frame = Buffer.from(encodeFrame([heartbeat], { from: 'a', to: 'b' }));
  const damaged = Buffer.from(frame);
  damaged[20]! ^= 1;
  const append = createMessage({ type: 'App', from: 'a', to: 'b', term: 1, context: new Uint8Array(40_000) });
  const bulk = Buffer.from(encodeFrame([append], { from: 'a', to: 'b' }));

  const vote = createMessage({ type: 'VoteResp', from: 'c', to: 'b', term: 1 });
  const foreign = Buffer.from(encodeFrame([vote], { from: 'a', to: 'b' }));
  const cases: [string, Buffer[], string][] = [
    ["a vote in another server's name", [bytesOf({ $case: 'frame', value: foreign })], 'malformed'],
    ['no protobuf', [Buffer.from('ffffff', 'hex')], 'malformed'],
    ['an empty message', [Buffer.alloc(0)], 'malformed'],
    ['a damaged frame', [bytesOf({ $case: 'frame', value: damaged })], 'malformed'],
    ['a cut frame', [bytesOf({ $case: 'frame', value: frame.subarray(0, -1) })], 'malformed'],
    ['an empty frame', [bytesOf({ $case: 'frame', value: Buffer.alloc(0) })], 'malformed'],
    ['an oversized frame', [bytesOf({ $case: 'frame', value: Buffer.alloc(70_000) })], 'oversized'],
    ['a frame that grows too large', Array.from({ length: 9 }, () => bytesOf({ $case: 'piece', value: Buffer.alloc(8192) })), 'oversized'],
    ['crumbs', [bytesOf({ $case: 'piece', value: Buffer.alloc(1) })], 'malformed'],
    ['a second handshake', [greeting()], 'malformed'],
    ['a second verdict', [accepted], 'malformed'],
  ]; // prettier-ignore

  for (const [title, messages, reason] of cases) {
    it(`ends the stream, is counted and logged once: ${title}`, async () => {
      for (let round = 0; round < 2; round++) {
        const call = openGreeted();
        const end = ended(call);
        for (const message of messages) call.write(message);
        expect(await end).toBe(status.INVALID_ARGUMENT);
      }
      expect(counted).toEqual([1, 2].map(() => ['raft_grpc_frames_refused_total', { reason }]));
      expect(logger.records).toHaveLength(1);
      expect(server.received).toEqual([]);
      await stillWorks();
    });
  }

  it('ends a stream that sends more than its credit', async () => {
    server.onMessages = () => new Promise(() => {});
    const call = openGreeted();
    const end = ended(call);
    for (let i = 0; i < 4; i++) call.write(bytesOf({ $case: 'frame', value: bulk }));
    expect(await end).toBe(status.INVALID_ARGUMENT);
    expect(logger.records[0]?.fields['message']).toContain('credit');
  });

  it('takes frames only after the greeting', async () => {
    for (const first of [bytesOf({ $case: 'frame', value: frame }), accepted, Buffer.of(1, 2, 3)]) {
      const call = open();
      const end = ended(call);
      call.write(first);
      expect(await end).toBe(status.INVALID_ARGUMENT);
    }
    expect(server.judged).toEqual([]);
    const call = open();
    const end = ended(call);
    call.write(greeting());
    call.write(bytesOf({ $case: 'frame', value: frame }));
    expect(await end).toBe(status.INVALID_ARGUMENT);
    expect(server.received).toEqual([]);
    await server.until(() => server.bootOf('a') === undefined);
  });

  it('refuses handshakes that make no sense, unjudged', async () => {
    const flaws = [{ from: '' }, { from: '\u0000append' }, { boot: '' }, { wireMin: 2 }, { region: 'x'.repeat(2000) }];
    for (const flaw of flaws) {
      const call = open();
      const end = ended(call);
      call.write(greeting(flaw));
      expect(await end).toBe(status.INVALID_ARGUMENT);
    }
    expect(server.judged).toEqual([]);
  });

  it('refuses another cluster and another wire version with the code, counted and logged once', async () => {
    for (const [said, code] of [
      [{ clusterId: 'c9' }, 'foreign_cluster'],
      [{ wireMin: 7, wireMax: 9 }, 'wire_version'],
    ] as const) {
      counted.length = 0;
      const logged = logger.records.length;
      for (let round = 0; round < 3; round++) {
        const call = open();
        const end = ended(call);
        call.write(greeting(said));
        expect(await end).toBe(status.FAILED_PRECONDITION);
      }
      expect(counted).toEqual([1, 2, 3].map(() => ['raft_grpc_handshakes_refused_total', { code, by: 'us' }]));
      expect(logger.records).toHaveLength(logged + 1);
    }
    expect(server.connections).toEqual([]);
  });

  it('ends streams that say nothing', async () => {
    expect(await ended(open())).toBe(status.DEADLINE_EXCEEDED);
    expect(await ended(open(raftTransportService.snapshot.path))).toBe(status.DEADLINE_EXCEEDED);
  });

  it('refuses messages above the limit of the channel', async () => {
    const call = openGreeted();
    const end = ended(call);
    call.write(Buffer.alloc(2 << 20));
    expect(await end).toBe(status.RESOURCE_EXHAUSTED);
    await stillWorks();
  });

  it('refuses snapshots whose header or chunks are wrong', async () => {
    server.onSnapshot = async () => ({
      offset: 0,
      take: async (stream) => {
        for await (const _ of stream);
      },
    });
    const snap = createMessage({ type: 'Snap', from: 'a', to: 'b', term: 1 });
    snap.snapshot = {
      index: 1,
      term: 1,
      confState: { voters: ['a'], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false },
    };
    const whole = Buffer.from(encodeFrame([snap], { from: 'a', to: 'b' }));
    const sha256 = Buffer.alloc(32);
    const header = { $case: 'header', value: { frame: whole, size: 10, sha256 } } as const;
    const chunk = (offset: number, crc: number, data: Buffer) =>
      ({ $case: 'chunk', value: { offset, crc, data } }) as const;
    const end = (size: number) => ({ $case: 'end', value: { size, sha256 } }) as const;
    const tries: NonNullable<SnapshotRequest['message']>[][] = [
      [end(0)],
      [{ $case: 'header', value: { ...header.value, frame } }],
      [{ $case: 'header', value: { ...header.value, sha256: Buffer.alloc(3) } }],
      [header, chunk(0, 1, Buffer.of(1))],
      [header, chunk(5, 0xa505df1b, Buffer.of(1))],
      [header, chunk(0, 0, Buffer.alloc(0))],
      [header, chunk(0, 0, Buffer.alloc(11))],
      [header, end(10)],
      [header, header],
    ];
    for (const messages of tries) {
      const call = open(raftTransportService.snapshot.path);
      const code = ended(call);
      call.write(greeting());
      call.write(accepted);
      for (const message of messages) call.write(Buffer.from(SnapshotRequest.encode({ message }).finish()));
      expect(await code, JSON.stringify(messages.at(-1))).toBe(status.INVALID_ARGUMENT);
    }
    await stillWorks();
  });

  it('lives on when random bytes come to its port', async () => {
    const random = seededRandom(5);
    const [host, port] = transport.localAddr().split(':');
    const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    for (let i = 0; i < 60; i++) {
      const noise = Buffer.from(random.bytes(1 + random.nextInt(4000)));
      const socket = connect(Number(port), host);
      socket.on('error', () => {});
      await new Promise<void>((resolve) => {
        socket.on('close', () => resolve());
        socket.on('data', () => {});
        socket.end(i % 2 === 0 ? noise : Buffer.concat([preface, noise]));
      });
    }
    await stillWorks();
    expect(server.received.map(({ from }) => from)).toEqual(['c']);
  });

  it('lives on when random messages come after the greeting', async () => {
    const random = seededRandom(6);
    for (let i = 0; i < 60; i++) {
      const call = openGreeted();
      const end = ended(call);
      for (let k = 0; k < 4; k++) call.write(Buffer.from(random.bytes(random.nextInt(300))));
      expect(await end).toBe(status.INVALID_ARGUMENT);
    }
    expect(counted).toHaveLength(60);
    expect(logger.records).toHaveLength(1);
    await stillWorks();
  });
});
