import { deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { createMessage } from '../core/message.ts';
import type { NodeId } from '../core/types.ts';
import type { Handshake, HandshakeFacts } from '../transport/handshake.ts';
import type { SuiteFunctions } from './suite.ts';
import { TransportPeer } from './transport-peer.ts';
import type { TransportPlace } from './transport-place.ts';
import { append, of, plain } from './transport-samples.ts';
import { transportSnapshotSuite } from './transport-snapshot-suite.ts';

const KIB = 1024;

/** What every `Transport` must do. Queues must hold 1 MiB and be full at 256 MiB. */
export function transportSuite(
  name: string,
  { describe, it }: SuiteFunctions,
  makePlace: () => Promise<TransportPlace>,
): void {
  type Make = (id: NodeId, addr?: string) => Promise<TransportPeer>;
  const test = (title: string, body: (make: Make, place: TransportPlace) => Promise<void>): void => {
    it(title, async () => {
      const place = await makePlace();
      try {
        await body(async (id, addr) => new TransportPeer(id, await place.make(id, addr)), place);
      } finally {
        await place.dispose();
      }
    });
  };

  describe(`${name} as Transport: messages`, () => {
    test('delivers heartbeats in their order, and appends in theirs', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      for (let i = 1; i <= 200; i++) {
        a.send(b, append(a, b, i, 100), createMessage({ type: 'Heartbeat', from: 'a', to: 'b', term: 1, commit: i }));
      }
      await b.until(() => b.received.length === 400);
      const all = Array.from({ length: 200 }, (_, i) => i + 1);
      deepStrictEqual(
        of(b, 'Heartbeat').map(({ commit }) => commit),
        all,
      );
      deepStrictEqual(
        of(b, 'App').map(({ index }) => index),
        all,
      );
      strictEqual(a.transport.connections()[0]?.state, 'connected');
      strictEqual(a.transport.connections()[0]?.dropped, 0);
    });

    test('gives every field of a message back', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      const sent = createMessage({
        type: 'AppResp', from: 'a', to: 'b', term: 5, logTerm: 4, index: 3, commit: 2, reject: true, rejectHint: 1,
        context: Uint8Array.of(1, 2),
      }); // prettier-ignore
      const proposal = createMessage({ type: 'Prop', from: 'x', to: 'b' });
      proposal.entries = [{ term: 0, index: 0, type: 1, data: Uint8Array.of(9) }];
      a.send(b, sent, proposal);
      await b.until(() => b.received.length === 2);
      deepStrictEqual(b.received.map(plain), [sent, proposal].map(plain));
    });

    test('carries messages both ways at once, and tells both who is connected', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      a.beat(b, 1);
      b.beat(a, 2);
      await a.until(() => a.received.length === 1);
      await b.until(() => b.received.length === 1);
      strictEqual(a.bootOf('b'), 'boot-b');
      strictEqual(b.bootOf('a'), 'boot-a');
    });

    test('carries an append much larger than a frame', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      const large = append(a, b, 1, 700 * KIB);
      a.send(b, large);
      a.beat(b, 1);
      await b.until(() => b.received.length === 2);
      deepStrictEqual(plain(of(b, 'App')[0]!), plain(large));
    });

    test('lets a heartbeat overtake the appends that wait', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      a.beat(b, 1);
      await b.until(() => b.received.length === 1);
      const data = new Uint8Array(1024 * KIB);
      for (let i = 1; i <= 40; i++) a.send(b, append(a, b, i, data));
      await b.until(() => of(b, 'App').length > 0);
      a.beat(b, 2);
      await b.until(() => of(b, 'Heartbeat').length === 2);
      const before = of(b, 'App').length;
      ok(before < 40, `${before} of 40 appends came before the heartbeat`);
      await b.until(() => of(b, 'App').length === 40);
    });

    test('lets heartbeats pass while the receiver works off appends', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      let release = (): void => {};
      const worked = new Promise<void>((resolve) => {
        release = resolve;
      });
      b.onMessages = (messages) => (messages.some(({ type }) => type === 'App') ? worked : undefined);
      a.send(b, append(a, b, 1, 100));
      await b.until(() => of(b, 'App').length === 1);
      for (let i = 2; i <= 41; i++) a.send(b, append(a, b, i, 256 * KIB));
      a.beat(b, 7);
      await b.until(() => of(b, 'Heartbeat').length === 1);
      strictEqual(of(b, 'App').length, 1);
      release();
      await b.until(() => of(b, 'App').length === 41);
      deepStrictEqual(
        of(b, 'App').map(({ index }) => index),
        Array.from({ length: 41 }, (_, i) => i + 1),
      );
    });

    test('drops the oldest appends of a full queue, says so, and keeps the votes', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      let release = (): void => {};
      b.onMessages = (messages) =>
        messages.some(({ type }) => type === 'App') ? new Promise((resolve) => (release = resolve)) : undefined;
      a.send(b, append(a, b, 1, 100));
      await b.until(() => b.received.length === 1);
      const count = 300;
      const data = new Uint8Array(1024 * KIB);
      for (let i = 2; i <= count; i++) a.send(b, append(a, b, i, data));
      a.send(b, createMessage({ type: 'Vote', from: 'a', to: 'b', term: 2 }));
      await a.until(() => a.lost.length > 0);
      deepStrictEqual(a.lost, [{ id: 'b', reason: 'overflow' }]);
      const { dropped } = a.transport.connections()[0]!;
      ok(dropped > 0, 'dropped appends are counted');
      await b.until(() => of(b, 'Vote').length === 1);
      b.onMessages = () => undefined;
      release();
      await b.until(() => of(b, 'App').some(({ index }) => index === count));
      strictEqual(of(b, 'App').length, count - dropped);
    });
  });

  describe(`${name} as Transport: ways that break`, () => {
    test('says that nobody listens', async (make, place) => {
      const a = await make('a');
      a.beat({ id: 'z', addr: place.deadAddr() }, 1);
      await a.until(() => a.lost.length > 0);
      deepStrictEqual(a.lost[0], { id: 'z', reason: 'refused' });
    });

    test('notices a peer that stops, and finds it again after its restart', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      a.beat(b, 1);
      await b.until(() => b.received.length === 1);
      const addr = b.transport.localAddr();
      await b.transport.close();
      await a.until(() => a.lost.length > 0);
      await a.until(() => a.connections.includes('-b boot-b'));
      // Dialed again unasked: the process is gone.
      await a.until(() => a.lost.some(({ reason }) => reason === 'refused'));
      const again = await make('b', addr);
      again.said = { boot: 'boot-b2' };
      await a.reach(again, () => again.received.length > 0);
      strictEqual(a.bootOf('b'), 'boot-b2');
    });

    test('tells of as many ends as beginnings, so that the next process of a peer is let in', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      for (let round = 1; round <= 3; round++) {
        a.beat(b, round);
        b.beat(a, round);
        await a.until(() => a.received.length >= round);
        await b.until(() => b.received.length >= round);
      }
      await b.transport.close();
      await a.until(() => a.bootOf('b') === undefined);
      deepStrictEqual(
        a.connections.filter((line) => line.startsWith('+')).length,
        a.connections.filter((line) => line.startsWith('-')).length,
      );
    });

    test('follows a peer to another address and closes the old way', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      a.beat(b, 1);
      await b.until(() => b.received.length === 1);
      const moved = await make('b');
      a.beat(moved, 2);
      await moved.until(() => moved.received.length === 1);
      await b.until(() => b.connections.includes('-a boot-a'));
      strictEqual(a.transport.connections()[0]?.addr, moved.transport.localAddr());
    });

    test('forgets a peer', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      a.beat(b, 1);
      await b.until(() => b.received.length === 1);
      a.transport.forget('b');
      await b.until(() => b.connections.includes('-a boot-a'));
      deepStrictEqual(a.transport.connections(), []);
    });

    test('delivers nothing after close, and closes twice', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      a.beat(b, 1);
      await b.until(() => b.received.length === 1);
      await b.transport.close();
      await b.transport.close();
      a.beat(b, 2);
      await a.until(() => a.lost.length > 0);
      strictEqual(b.received.length, 1);
    });
  });

  describe(`${name} as Transport: handshakes`, () => {
    const cases: readonly [string, { said?: Partial<Handshake>; facts?: Partial<HandshakeFacts> }][] = [
      ['foreign_cluster', { said: { clusterId: 'c2' } }],
      ['foreign_region', { said: { region: 'mars' } }],
      ['wrong_server', { said: { toBirth: 'another' } }],
      ['no_cluster', { said: { clusterId: '' } }],
      ['wire_version', { said: { wireMin: 2, wireMax: 3 } }],
      ['amnesia', { facts: { configuredBirth: 'an older one' } }],
      ['second_boot', { facts: { connectedBoot: 'another' } }],
      ['feature_level', { facts: { featureLevel: 2 } }],
      ['log_regressed', { facts: { acknowledgedIndex: 10 } }],
      ['unauthorized', { facts: { authorized: 'not in the list' } }],
    ];
    test('tell for how long a server keeps to a silent leader, or nothing of it', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      a.said = { leaderWaitMs: 550 };
      const told: (number | undefined)[] = [];
      for (const peer of [a, b]) {
        const judge = peer.judge.bind(peer);
        peer.judge = (handshake, purpose) => {
          told.push(handshake.leaderWaitMs);
          return judge(handshake, purpose);
        };
      }
      a.beat(b, 1);
      await b.until(() => b.received.length > 0);
      deepStrictEqual(new Set(told), new Set([550, undefined]));
    });

    for (const [code, { said = {}, facts = {} }] of cases) {
      test(`refused by the peer: ${code}`, async (make) => {
        const [a, b] = [await make('a'), await make('b')];
        a.said = said;
        b.facts = facts;
        a.beat(b, 1);
        await a.until(() => a.lost.length > 0);
        const [way] = a.transport.connections();
        strictEqual(way?.state, 'refused');
        strictEqual(way.refusal?.code, code);
        const [verdict] = b.judged;
        strictEqual(way.refusal.message, verdict?.accepted === false ? verdict.message : '');
        strictEqual(b.received.length, 0);
        deepStrictEqual(b.connections, []);
        // Once the reason is gone, so is the refusal.
        a.said = {};
        b.facts = {};
        await a.reach(b, () => b.received.length > 0);
        strictEqual(a.transport.connections()[0]?.state, 'connected');
      });
    }

    test('refused by the one that dials', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      a.facts = { configuredBirth: 'an older one' };
      a.beat(b, 1);
      await a.until(() => a.lost.length > 0);
      strictEqual(a.transport.connections()[0]?.refusal?.code, 'amnesia');
      strictEqual(b.received.length, 0);
      await b.until(() => b.judged.length > 0 && b.bootOf('a') === undefined);
    });

    test('another server at the address is not mistaken for the peer', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      a.beat({ id: 'x', addr: b.transport.localAddr() }, 1);
      await a.until(() => a.lost.length > 0);
      strictEqual(a.transport.connections()[0]?.refusal?.code, 'wrong_server');
      strictEqual(b.received.length, 0);
    });

    test('of two processes with one name the second is refused', async (make) => {
      const [a, b] = [await make('a'), await make('b')];
      a.beat(b, 1);
      await b.until(() => b.received.length === 1);
      const twin = await make('a');
      twin.said = { boot: 'boot-twin' };
      twin.beat(b, 2);
      await twin.until(() => twin.lost.length > 0);
      strictEqual(twin.transport.connections()[0]?.refusal?.code, 'second_boot');
      a.beat(b, 3);
      await b.until(() => b.received.length === 2);
      deepStrictEqual(
        b.received.map(({ commit }) => commit),
        [1, 3],
      );
    });
  });

  transportSnapshotSuite(name, { describe, it }, makePlace);
}
