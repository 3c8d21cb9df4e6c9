import { ManualTime } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import { createMessage, type Message } from '../core/message.ts';
import type { Handshake } from './handshake.ts';
import { LoopbackNetwork } from './loopback.ts';
import type { SnapshotSource, TransportHandler } from './transport.ts';

interface End {
  readonly handler: TransportHandler;
  readonly got: number[];
  readonly told: string[];
  refuses: boolean;
}

function end(id: string): End {
  const got: number[] = [];
  const told: string[] = [];
  const handshake = (to: string): Handshake => ({
    clusterId: 'c',
    region: 'r',
    from: id,
    to,
    birth: '',
    toBirth: '',
    boot: `boot-${id}`,
    wireMin: 1,
    wireMax: 1,
    featureMax: 0,
    software: '',
    lastTerm: 0,
    lastIndex: 0,
  });
  const made: End = {
    got,
    told,
    refuses: false,
    handler: {
      handshake,
      judge: async () =>
        made.refuses ? { accepted: false, code: 'amnesia', message: 'no' } : { accepted: true, wire: 1 },
      connected: ({ from }) => void told.push(`connected ${from}`),
      disconnected: (peer) => void told.push(`disconnected ${peer}`),
      message: (_from, messages) => {
        got.push(...messages.map(({ index }) => index));
        return undefined;
      },
      snapshot: async () => ({
        offset: 2,
        take: async (stream) => {
          for await (const chunk of stream) got.push(...chunk);
        },
      }),
      unreachable: (peer, reason) => void told.push(`${peer} ${reason}`),
    },
  };
  return made;
}

function pair(options = {}): {
  time: ManualTime;
  network: LoopbackNetwork;
  a: End;
  b: End;
  send: (...indexes: number[]) => void;
} {
  const time = new ManualTime();
  const network = new LoopbackNetwork(options, { timers: time });
  const [a, b] = [end('a'), end('b')];
  const transport = network.transport('at-a');
  transport.setHandler(a.handler);
  network.transport('at-b').setHandler(b.handler);
  const send = (...indexes: number[]): void => transport.send('b', 'at-b', indexes.map(message));
  return { time, network, a, b, send };
}

function message(index: number): Message {
  const entries = [{ index: 1, term: 1, type: 0, data: new Uint8Array(100) }] as const;
  return createMessage({ type: 'App', from: 'a', to: 'b', index, entries });
}

describe('LoopbackTransport', () => {
  it('greets both ways, then delivers in order, never in the call', async () => {
    const { time, a, b, send } = pair();
    send(1, 2);
    send(3);
    expect(b.got).toEqual([]);
    await time.advance(0);
    expect([b.got, a.told, b.told]).toEqual([[1, 2, 3], ['connected b'], ['connected a']]);
  });

  it('delivers nothing to who refuses, and says why', async () => {
    const { time, network, a, b, send } = pair();
    b.refuses = true;
    send(1);
    await time.advance(10);
    expect([b.got, a.told]).toEqual([[], ['b broken']]);
    expect(network.at('at-a')!.connections()).toMatchObject([
      { id: 'b', state: 'refused', refusal: { code: 'amnesia' } },
    ]);
  });

  it('nobody listens: refused; cut: silence', async () => {
    const { time, network, a, b, send } = pair();
    network.cut('at-a', 'at-b');
    send(1);
    await time.advance(10);
    expect([a.told, b.got]).toEqual([[], []]);
    network.heal();
    send(2);
    await time.advance(10);
    await network.at('at-b')!.close();
    await time.advance(10);
    expect(a.told).toEqual(['connected b', 'disconnected b', 'b refused']);
    send(3);
    await time.advance(10);
    expect([a.told.at(-1), b.got]).toEqual(['b refused', [2]]);
  });

  it('bounded: the oldest appends go, and it is told', async () => {
    const { time, a, b, send } = pair({ maxQueueBytes: 500 });
    send(1, 2, 3, 4, 5, 6);
    await time.advance(10);
    expect(a.told[0]).toBe('b overflow');
    expect(b.got.at(-1)).toBe(6);
    expect(b.got.length).toBeLessThan(6);
  });

  it('delays and drops what the test says', async () => {
    const { time, network, b, send } = pair();
    network.fate = (_from, _to, { index }) => (index === 1 ? 50 : index === 2 ? 'drop' : 'deliver');
    send(1, 2, 3);
    await time.advance(10);
    expect(b.got).toEqual([3]);
    await time.advance(50);
    expect(b.got).toEqual([3, 1]);
  });

  it('snapshots go on where the receiver is, and break when cut', async () => {
    const { time, network, b } = pair();
    const source: SnapshotSource = {
      header: { message: createMessage({ type: 'Snap' }), meta: undefined as never, bytes: 4, sha256: '' },
      open: async (offset) => chunks([1, 2, 3, 4].slice(offset)),
    };
    const transport = network.at('at-a')!;
    const sent = transport.sendSnapshot('b', 'at-b', source, new AbortController().signal);
    await time.advance(10);
    await sent;
    expect(b.got).toEqual([3, 4]);
    network.cut('at-a', 'at-b');
    await expect(transport.sendSnapshot('b', 'at-b', source, new AbortController().signal)).rejects.toThrow(
      'unreachable',
    );
  });
});

async function* chunks(bytes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const byte of bytes) yield Uint8Array.of(byte);
}
