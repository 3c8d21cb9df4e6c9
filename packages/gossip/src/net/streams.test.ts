import { ManualTime } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import { Keyring } from '../core/keyring.ts';
import type { Address } from '../core/types.ts';
import type { PushPull, StreamMessage } from '../core/wire/messages.ts';
import { MemoryNetwork } from '../testing/memory-network.ts';
import { StreamClient } from './stream-client.ts';
import { StreamCodec } from './stream-codec.ts';
import { type StreamHandlers, StreamService } from './stream-service.ts';
import type { GossipTransport, StreamConnection } from './transport.ts';
import type { WireOptions } from './wire-options.ts';

const KEY = new Uint8Array(16).fill(7);
const OTHER_KEY = new Uint8Array(16).fill(8);
const PING = { type: 'ping', node: 'b', seqNo: 7 } as const;
const quiet = { packet: () => {}, stream: (stream: StreamConnection) => stream.destroy(), failed: () => {} };

function table(name: string, join = true, userStateBytes = 0): PushPull {
  const node = { addr: Uint8Array.of(10, 0, 0, 1), incarnation: 1, meta: null, name, port: 7946, state: 0, vsn: null };
  return { type: 'pushPull', join, nodes: [node], userState: new Uint8Array(userStateBytes).fill(1) };
}

interface PairOptions extends WireOptions {
  readonly keys?: readonly Uint8Array[];
  readonly theirs?: WireOptions & { readonly keys?: readonly Uint8Array[] };
  readonly maxBufferedBytes?: number;
  readonly handlers?: Partial<StreamHandlers>;
}

class Pair {
  readonly time = new ManualTime();
  readonly network = new MemoryNetwork({}, { timers: this.time });
  readonly client: StreamClient;
  readonly refusals: string[] = [];
  readonly seen: string[] = [];
  readonly a: GossipTransport;
  readonly #b: GossipTransport;
  readonly #service: StreamService;
  to: Address = { ip: '', port: 0 };

  constructor({ keys = [], theirs, maxBufferedBytes, handlers, ...wire }: PairOptions = {}) {
    const timers = this.time;
    this.a = this.network.transport('10.0.0.1');
    this.#b = this.network.transport('10.0.0.2');
    const near = new StreamCodec(wire, { keyring: new Keyring(keys) });
    const { keys: theirKeys = keys, ...theirWire } = (theirs ?? wire) as NonNullable<PairOptions['theirs']>;
    const far = new StreamCodec(theirWire, { keyring: new Keyring(theirKeys) });
    this.client = new StreamClient({ codec: near, transport: this.a, timers });
    this.#service = new StreamService(
      { timeoutMs: 10_000, ...(maxBufferedBytes !== undefined && { maxBufferedBytes }) },
      {
        codec: far,
        timers,
        handlers: {
          isUs: (node) => node === 'b',
          pushPull: (remote) => {
            this.seen.push(remote.nodes[0]?.name ?? 'none');
            return table('b', remote.join);
          },
          user: (body) => void this.seen.push(`user ${body.length}`),
          refused: (code, from) => void this.refusals.push(`${code} ${from.ip}`),
          ...handlers,
        },
      },
    );
  }

  async open(): Promise<this> {
    await this.a.open(quiet);
    this.to = await this.#b.open({ ...quiet, stream: (connection) => this.#service.serve(connection) });
    return this;
  }

  /** What came of a request, after so much time. */
  async ask(request: StreamMessage, withinMs = 100): Promise<StreamMessage | string> {
    let outcome: StreamMessage | string = 'pending';
    void this.client.exchange(this.to, request, 5000).then(
      (answer) => (outcome = answer),
      (error: unknown) =>
        (outcome = error instanceof Error && 'code' in error ? `${String(error.code)}: ${error.message}` : 'odd'),
    );
    await this.time.advance(withinMs);
    return outcome;
  }
}

describe('streams between two members', () => {
  it.each([
    ['plain', {}],
    ['uncompressed', { compression: false }],
    ['sealed', { keys: [KEY] }],
    ['sealed, with a label', { keys: [KEY], label: 'prod' }],
    ['with a label', { label: 'prod' }],
  ])('TCPPushPull, %s: each gets the table of the other', async (_name, options) => {
    const pair = await new Pair(options).open();
    expect(await pair.ask(table('a'))).toMatchObject({ type: 'pushPull', join: true, nodes: [{ name: 'b' }] });
    expect([pair.seen, pair.refusals]).toEqual([['a'], []]);
    expect(pair.time.pendingCount).toBe(0); // No deadline waits.
  });

  it('TCPPing: acknowledges with the same number; a ping that names another is not answered', async () => {
    const pair = await new Pair().open();
    expect(await pair.ask(PING)).toEqual({ type: 'ack', seqNo: 7, payload: null });
    expect(await pair.ask({ ...PING, node: 'c' })).toMatch(/^GOSSIP_UNREACHABLE: .*before it answered/);
    expect(pair.refusals).toEqual(['misdirected 10.0.0.1']);
  });

  it('passes user messages on', async () => {
    const pair = await new Pair().open();
    await pair.ask({ type: 'user', body: new Uint8Array(3000) });
    expect(pair.seen).toEqual(['user 3000']);
  });

  it.each([
    ['wrong key', { keys: [KEY], theirs: { keys: [OTHER_KEY] } }, 'GOSSIP_WIRE_ENCRYPTION', 'GOSSIP_WIRE_ENCRYPTION'],
    ['no key of ours', { keys: [], theirs: { keys: [KEY] } }, 'GOSSIP_WIRE_ENCRYPTION', 'GOSSIP_WIRE_ENCRYPTION'],
    ['no key of theirs', { keys: [KEY], theirs: { keys: [] } }, 'GOSSIP_WIRE_ENCRYPTION', 'GOSSIP_WIRE_ENCRYPTION'],
    ['wrong label', { label: 'one', theirs: { label: 'two' } }, 'GOSSIP_WIRE_LABEL', 'GOSSIP_REMOTE'],
    ['unwanted label', { label: 'one', theirs: {} }, 'GOSSIP_WIRE_LABEL', 'GOSSIP_REMOTE'],
  ])('%s: both ends say so and nothing is merged', async (_name, options, far, near) => {
    const pair = await new Pair(options).open();
    expect(await pair.ask(table('a'))).toMatch(new RegExp(`^${near}: `));
    expect([pair.seen, pair.refusals]).toEqual([[], [`${far} 10.0.0.1`]]);
  });

  it('Join+DeadNode: ends a request that gets no answer at its deadline, or at once where nobody listens', async () => {
    const pair = await new Pair().open();
    const closed: string[] = [];
    const silent = pair.network.transport('10.0.0.9');
    const stream = (connection: StreamConnection): void =>
      connection.read({ data: () => {}, ended: () => {}, closed: () => void closed.push('closed') });
    pair.to = await silent.open({ ...quiet, stream });
    expect(await pair.ask(PING, 4999)).toBe('pending');
    expect(await pair.ask(PING, 5000)).toMatch(/^GOSSIP_TIMEOUT: 10\.0\.0\.9:\d+ did not answer within 5000 ms/);
    await pair.time.advance(10);
    expect(closed).toEqual(['closed', 'closed']);
    await silent.close();
    expect(await pair.ask(PING)).toMatch(/^GOSSIP_UNREACHABLE: 10\.0\.0\.9/);
    expect(pair.time.pendingCount).toBe(0);
  });

  it('ends a peer that says half a request and then nothing, and is not disturbed by one that says nothing', async () => {
    const pair = await new Pair().open();
    const streams = [pair.a.dial(pair.to), pair.a.dial(pair.to)];
    let closed = 0;
    for (const stream of streams) stream.read({ data: () => {}, ended: () => {}, closed: () => closed++ });
    streams[0]!.write(Uint8Array.of(6, 0x83));
    await pair.time.advance(9000);
    expect(closed).toBe(0);
    await pair.time.advance(2000);
    expect([closed, pair.refusals]).toEqual([2, ['timeout 10.0.0.1']]);
  });

  it('tells a peer that closes within its request from one that only looked', async () => {
    const pair = await new Pair().open();
    for (const bytes of [[], [6, 0x83]]) {
      const stream = pair.a.dial(pair.to);
      stream.read({ data: () => {}, ended: () => {}, closed: () => {} });
      stream.write(Uint8Array.from(bytes));
      stream.end();
    }
    await pair.time.advance(100);
    expect(pair.refusals).toEqual(['GOSSIP_WIRE_TRUNCATED 10.0.0.1']);
  });

  it('holds no more of all streams together than its bound', async () => {
    const pair = await new Pair({ compression: false, maxBufferedBytes: 100_000 }).open();
    expect(await pair.ask(table('a', true, 200_000))).toMatch(/^GOSSIP_UNREACHABLE/);
    expect(pair.refusals).toEqual(['overload 10.0.0.1']);
    expect(await pair.ask(table('a', true, 90_000))).toMatchObject({ type: 'pushPull' }); // All of it was given back.
  });

  it('refuses what is no request', async () => {
    const pair = await new Pair().open();
    expect(await pair.ask({ type: 'ack', seqNo: 1, payload: null })).toMatch(/^GOSSIP_UNREACHABLE/);
    expect(pair.refusals).toEqual(['unexpected 10.0.0.1']);
  });

  it('opens a bounded number of connections', async () => {
    const pair = await new Pair({ handlers: { pushPull: () => undefined } }).open();
    const outcomes: unknown[] = [];
    for (let i = 0; i < 70; i++) void pair.ask(PING, 0).then((outcome) => outcomes.push(outcome));
    expect(await pair.ask(PING, 0)).toMatch(/^GOSSIP_BUSY/);
    await pair.time.advance(1000);
    expect(await pair.ask(PING)).toMatchObject({ type: 'ack' });
  });
});
