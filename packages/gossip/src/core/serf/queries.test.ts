import { describe, expect, it } from 'vitest';
import { LoneSerf } from '../../testing/lone-serf.ts';
import { aliveOf } from '../../testing/lone-swim.ts';
import { encodeFilter } from '../wire/filters.ts';
import {
  QUERY_ACK,
  QUERY_NO_BROADCAST,
  type QueryMessage,
  type QueryResponse,
  RESPONSE_ACK,
} from '../wire/serf-messages.ts';
import { encodeSerfMessage } from '../wire/serf-codec.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const A = { ip: '10.0.0.2', port: 7946 };

/** A query of `a`. */
const ask = (lamportTime: number, id: number, more: Partial<QueryMessage> = {}): QueryMessage => ({
  type: 'query',
  addr: Uint8Array.of(10, 0, 0, 2),
  filters: null,
  flags: 0,
  id,
  lamportTime,
  name: 'load',
  payload: null,
  port: 7946,
  relayFactor: 0,
  sourceNode: 'a',
  timeoutNanos: 3_000_000_000,
  ...more,
});

function pool(options: ConstructorParameters<typeof LoneSerf>[0] = {}, ...names: string[]): LoneSerf {
  const lone = new LoneSerf(options);
  lone.meet('a', ...names);
  lone.run(3000);
  lone.take();
  return lone;
}

describe('queries of others', () => {
  it('query_sameClock, query_oldMessage: each is told and passed on once', () => {
    const lone = pool();
    lone.hear(ask(5, 1), ask(5, 2), ask(5, 1), ask(600, 1), ask(88, 1));
    expect(lone.takeOnly('query').map(({ lamportTime }) => lamportTime)).toEqual([5, 5, 600]);
    expect(lone.takeSpread()).toHaveLength(3);
    expect(lone.serf.clocks.query).toBe(601);
  });

  it('SerfQueries_Passthrough: an answer goes to the address of the query alone, once, and not after its time', () => {
    const lone = pool();
    lone.hear(ask(5, 77, { payload: bytes('p') }), ask(6, 78));
    const [first, second] = lone.takeOnly('query');
    expect(first).toMatchObject({ name: 'load', payload: bytes('p'), source: 'a', deadlineMs: lone.nowMs + 3000 });
    lone.do((serf, nowMs) => serf.respond(first!.query, bytes('42'), nowMs));
    expect(lone.takeDirect()).toEqual([
      {
        to: A,
        message: { type: 'queryResponse', flags: 0, from: 'me', id: 77, lamportTime: 5, payload: bytes('42') },
      },
    ]);
    expect(() => lone.do((serf, nowMs) => serf.respond(first!.query, bytes('43'), nowMs))).toThrow(/was answered/);
    lone.run(3001);
    expect(() => lone.do((serf, nowMs) => serf.respond(second!.query, bytes('43'), nowMs))).toThrow(/time is over/);
  });

  it('Query_sizeLimit: an answer has 1024 bytes, encoded; one that was too large may be given again', () => {
    const lone = pool();
    lone.hear(ask(5, 77));
    const { query } = lone.takeOnly('query')[0]!;
    expect(() => lone.do((serf, nowMs) => serf.respond(query, new Uint8Array(1024), nowMs))).toThrow(
      /allowed are 1024/,
    );
    lone.do((serf, nowMs) => serf.respond(query, new Uint8Array(900), nowMs));
    expect(lone.takeDirect()).toHaveLength(1);
  });

  it('QueryFlags: asked for an acknowledgement we give it at once; asked not to pass on we do not', () => {
    const lone = pool();
    lone.hear(ask(5, 77, { flags: QUERY_ACK | QUERY_NO_BROADCAST }));
    expect(lone.takeDirect()).toEqual([
      {
        to: A,
        message: { type: 'queryResponse', flags: RESPONSE_ACK, from: 'me', id: 77, lamportTime: 5, payload: null },
      },
    ]);
    expect(lone.takeSpread()).toEqual([]);
  });

  it('ShouldProcess: all filters must let us pass; who is not meant passes the query on all the same', () => {
    const lone = pool({ tags: { role: 'web', dc: 'east' } });
    const nodes = (...names: string[]): Uint8Array => encodeFilter({ kind: 'nodes', nodes: names });
    const tag = (name: string, expression: string): Uint8Array => encodeFilter({ kind: 'tag', tag: name, expression });
    const cases: [Uint8Array[], boolean][] = [
      [[nodes('a', 'me')], true],
      [[nodes('a', 'b')], false],
      [[tag('role', '^w.b$')], true],
      [[tag('role', 'e')], true],
      [[tag('role', '^db')], false],
      [[tag('none', '^$')], true],
      [[tag('none', '.')], false],
      [[nodes('me'), tag('dc', 'east'), tag('role', 'web')], true],
      [[nodes('me'), tag('dc', 'west')], false],
      [[tag('role', '(')], false],
      [[tag('role', '(?i)WEB')], true],
      [[Uint8Array.of(7, 0x80)], false],
      [[new Uint8Array(0)], false],
      [[tag('role', '(w{1,500}){1,500}')], false],
      [[tag('role', 'w'.repeat(600))], false],
    ];
    cases.forEach(([filters, passes], i) => {
      lone.hear(ask(10 + i, 1, { filters, flags: QUERY_ACK }));
      const effects = lone.take();
      expect(effects.some(({ type }) => type === 'query')).toBe(passes);
      expect(effects.some(({ type }) => type === 'packet')).toBe(passes);
    });
    expect(lone.serf.queued.queries).toBe(cases.length);
  });

  it('SerfQueries_Ping: it is acknowledged and not told', () => {
    const lone = pool();
    lone.hear(ask(5, 1, { name: '_serf_ping', flags: QUERY_ACK }), ask(6, 1, { name: '_serf_other' }));
    const effects = lone.take();
    expect(effects.filter(({ type }) => type === 'query')).toEqual([]);
    expect(effects.filter(({ type }) => type === 'packet')).toHaveLength(1);
  });

  it('who asks under our name from elsewhere is answered there', () => {
    const lone = pool();
    lone.hear(ask(5, 77, { sourceNode: 'me', flags: QUERY_ACK }));
    expect(lone.takeDirect()).toMatchObject([{ to: A, message: { id: 77 } }]);
  });

  it('waiting queries are bounded: the oldest is given up', () => {
    const lone = pool();
    for (let i = 0; i < 1100; i++) lone.hear(ask(5 + (i % 500), i));
    const queries = lone.takeOnly('query');
    expect(() => lone.do((serf, nowMs) => serf.respond(queries[0]!.query, bytes(''), nowMs))).toThrow(/was answered/);
    lone.do((serf, nowMs) => serf.respond(queries.at(-1)!.query, bytes(''), nowMs));
  });

  it('times that cannot be are cut: nobody waits longer than a day or less than nothing', () => {
    const lone = pool();
    lone.hear(
      ask(5, 1, { timeoutNanos: Number.MAX_SAFE_INTEGER }),
      ask(6, 1, { timeoutNanos: -5 }),
      ask(7, 1, { port: 0, flags: QUERY_ACK }),
    );
    const [long, none] = lone.takeOnly('query');
    expect(long!.deadlineMs - lone.nowMs).toBe(86_400_000);
    expect(none!.deadlineMs).toBe(lone.nowMs);
  });
});

describe('relays', () => {
  it('EncodeRelayMessage: an answer goes over as many alive others as the query says, and directly', () => {
    const lone = pool({}, 'b', 'c', 'd', 'e');
    lone.hearPacket({ type: 'dead', node: 'e', from: 'a', incarnation: 1 });
    lone.hearPacket(aliveOf('old', 9, 1, { vsn: Uint8Array.of(1, 4, 2, 2, 5, 4) }));
    lone.take();
    lone.hear(ask(5, 77, { relayFactor: 3, flags: QUERY_ACK }));
    const sent = lone.takeDirect();
    const inner = encodeSerfMessage({
      type: 'queryResponse',
      flags: RESPONSE_ACK,
      from: 'me',
      id: 77,
      lamportTime: 5,
      payload: null,
    });
    expect(sent).toHaveLength(4);
    expect(sent[0]!.message.type).toBe('queryResponse');
    const address = { ip: Uint8Array.of(10, 0, 0, 2), port: 7946, zone: '' };
    for (const { message } of sent.slice(1)) expect(message).toEqual({ type: 'relay', address, name: 'a', inner });
    const helpers = new Set(sent.slice(1).map(({ to }) => to.ip));
    expect(helpers.size).toBe(3);
    for (const ip of helpers) expect(['10.0.0.2', '10.0.0.3', '10.0.0.4', '10.0.0.5']).toContain(ip);
    const few = pool();
    few.hear(ask(5, 77, { relayFactor: 2, flags: QUERY_ACK }));
    expect(few.takeDirect()).toHaveLength(1);
  });

  it('we pass on to members only, at most so often', () => {
    const lone = pool({ serf: { relaysPerSecond: 2 } });
    const inner = encodeSerfMessage({
      type: 'queryResponse',
      flags: 0,
      from: 'b',
      id: 1,
      lamportTime: 2,
      payload: null,
    });
    const relay = (host: number, name: string, port = 7946) =>
      ({ type: 'relay', address: { ip: Uint8Array.of(10, 0, 0, host), port, zone: '' }, name, inner }) as const;
    lone.hear(relay(2, 'a'), relay(2, ''));
    expect(lone.takeDirect()).toMatchObject([{ to: A }, { to: A }]);
    lone.hear(relay(2, 'a'));
    expect(lone.takeOnly('serfNotice')).toMatchObject([{ what: 'overflow', subject: 'a' }]);
    lone.run(1000);
    lone.take();
    lone.hear(relay(2, 'b'), relay(77, 'a'), relay(2, 'a', 80), relay(77, ''));
    expect(lone.takeOnly('serfNotice').map(({ what }) => what)).toEqual(Array(4).fill('refused'));
    lone.hear(relay(2, 'a'));
    expect(lone.takeDirect()).toHaveLength(1);
  });
});

describe('our queries', () => {
  const answer = (query: QueryMessage, from: string, payload: string, flags = 0): QueryResponse => ({
    type: 'queryResponse',
    flags,
    from,
    id: query.id,
    lamportTime: query.lamportTime,
    payload: bytes(payload),
  });

  /** Asks, and returns the handle and what goes out. */
  function askAll(
    lone: LoneSerf,
    params: Parameters<LoneSerf['serf']['query']>[0],
  ): { query: number; message: QueryMessage } {
    const query = lone.do((serf, nowMs) => serf.query(params, nowMs));
    const kept = lone.take();
    lone.run(400);
    const message = lone.takeSpread(0).find(({ type }) => type === 'query') as QueryMessage | undefined;
    lone.effects.push(...kept);
    lone.run(0);
    if (message !== undefined) return { query, message };
    throw new Error('nothing went out');
  }

  it('DefaultQuery: the timeout grows with the pool, everybody is asked, us too', () => {
    const lone = pool();
    const { query, message } = askAll(lone, { name: 'load' });
    expect(message).toMatchObject({
      filters: null,
      flags: 0,
      relayFactor: 0,
      timeoutNanos: 3_200_000_000,
      sourceNode: 'me',
      port: 7946,
    });
    expect(message.id).toBeLessThan(2 ** 31);
    const own = lone.takeOnly('query')[0]!;
    lone.do((serf, nowMs) => serf.respond(own.query, bytes('mine'), nowMs));
    expect(lone.take()).toEqual([{ type: 'queryAnswer', query, from: 'me', payload: bytes('mine') }]);
    for (const [others, timeoutNanos] of [
      [8, 3_200_000_000],
      [9, 6_400_000_000],
      [98, 6_400_000_000],
      [99, 9_600_000_000],
    ] as const) {
      const large = new LoneSerf();
      large.hearPacket(...Array.from({ length: others }, (_, i) => aliveOf(`m${i}`, i + 2)));
      large.run(30_000);
      large.take();
      expect(askAll(large, { name: 'load' }).message.timeoutNanos).toBe(timeoutNanos);
    }
  });

  it('QueryParams_EncodeFilters: filters, flags and factor are sent as they are', () => {
    const lone = pool();
    const { message } = askAll(lone, {
      name: 'load',
      filters: [
        { kind: 'nodes', nodes: ['a'] },
        { kind: 'tag', tag: 'role', expression: '^web' },
      ],
      ack: true,
      relayFactor: 4,
      timeoutMs: 1500,
    });
    expect(message).toMatchObject({ flags: QUERY_ACK, relayFactor: 4, timeoutNanos: 1_500_000_000 });
    expect(message.filters).toEqual([
      encodeFilter({ kind: 'nodes', nodes: ['a'] }),
      encodeFilter({ kind: 'tag', tag: 'role', expression: '^web' }),
    ]);
    // Which leaves us out.
    expect(lone.takeOnly('query')).toEqual([]);
  });

  it('Query_Deduplicate: of each member one acknowledgement and one answer count', () => {
    const lone = pool();
    const { query, message } = askAll(lone, { name: 'load', ack: true });
    lone.take();
    const copies = [answer(message, 'a', 'x'), answer(message, 'a', '', RESPONSE_ACK)];
    lone.hear(...copies, ...copies, answer(message, 'a', 'y'));
    expect(lone.take()).toEqual([
      { type: 'queryAnswer', query, from: 'a', payload: bytes('x') },
      { type: 'queryAck', query, from: 'a' },
    ]);
  });

  it('answers with another time or id, and after the end, are not ours', () => {
    const lone = pool();
    const { query, message } = askAll(lone, { name: 'load', timeoutMs: 2000 });
    lone.take();
    lone.hear(answer({ ...message, id: message.id + 1 }, 'a', 'x'), answer({ ...message, lamportTime: 9 }, 'a', 'x'));
    expect(lone.take()).toEqual([]);
    // Its time is over, and nobody said so yet.
    lone.nowMs += 2000;
    lone.hear(answer(message, 'a', 'late'));
    expect(lone.takeOnly('queryAnswer')).toEqual([]);
    lone.run(0);
    expect(lone.takeOnly('queryFinished')).toEqual([{ type: 'queryFinished', query, acks: 0, answers: 0 }]);
    lone.hear(answer(message, 'a', 'x'));
    expect(lone.take()).toEqual([]);
  });

  it('a query can be closed early, and the same time is never used twice', () => {
    const lone = pool();
    const first = lone.do((serf, nowMs) => serf.query({ name: 'x' }, nowMs));
    const second = lone.do((serf, nowMs) => serf.query({ name: 'x' }, nowMs));
    expect(second).not.toBe(first);
    lone.take();
    lone.do((serf, nowMs) => serf.closeQuery(first, nowMs));
    lone.do((serf, nowMs) => serf.closeQuery(first, nowMs));
    expect(lone.takeOnly('queryFinished')).toEqual([{ type: 'queryFinished', query: first, acks: 0, answers: 0 }]);
  });

  it('Query_sizeLimit, Query_sizeLimitIncreased: 1024 bytes, encoded, or as set', () => {
    const ask1000 = (lone: LoneSerf) => () => {
      lone.do((serf, nowMs) => serf.query({ name: 'x', payload: new Uint8Array(1000) }, nowMs));
    };
    expect(ask1000(pool())).toThrow(/allowed are 1024/);
    expect(ask1000(pool({ serf: { queryLimitBytes: 1300 } }))).not.toThrow();
  });

  it('open queries are bounded, and so are names that answer', () => {
    const lone = pool();
    const { message } = askAll(lone, { name: 'load', timeoutMs: 60_000 });
    for (let i = 0; i < 200; i++) lone.hear(answer(message, `stranger ${i}`, 'x'));
    expect(lone.takeOnly('queryAnswer')).toHaveLength(66);
    const many = () => {
      for (let i = 0; i < 1025; i++) lone.do((serf, nowMs) => serf.query({ name: 'x' }, nowMs));
    };
    expect(many).toThrow(/1024 are open/);
  });

  it('parameters that cannot be are refused', () => {
    const lone = pool();
    for (const params of [
      { timeoutMs: 0 },
      { timeoutMs: Number.NaN },
      { timeoutMs: 1e9 },
      { relayFactor: 256 },
      { relayFactor: 1.5 },
    ]) {
      expect(() => lone.do((serf, nowMs) => serf.query({ name: 'x', ...params }, nowMs))).toThrow(/allowed/);
    }
    const filters = [{ kind: 'tag', tag: 'role', expression: '(' }] as const;
    expect(() => lone.do((serf, nowMs) => serf.query({ name: 'x', filters }, nowMs))).toThrow(/RE2/);
  });
});
