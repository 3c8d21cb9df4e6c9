import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ToServer, ToWorker } from '@dkron/jobs';
import {
  bytes,
  count,
  definition,
  exitCode,
  fixed,
  instant,
  maybe,
  output,
  reason,
  shape,
  word,
} from '../../test/arbitraries.ts';
import {
  AgentService as GeneratedAgent,
  ToServer as GeneratedToServer,
  ToWorker as GeneratedToWorker,
} from '../gen/dkron/agent/v1/agent.ts';
import { ContractError } from '../errors.ts';
import { toServerFromWire, toServerToWire, toWorkerFromWire, toWorkerToWire } from './codec.ts';
import { agentSession } from './service.ts';

type Arbitraries<T extends { readonly type: string }> = {
  readonly [K in T['type']]: fc.Arbitrary<Extract<T, { type: K }>>;
};

const report = shape({
  success: fc.boolean(),
  cancelled: fc.boolean(),
  reason,
  exitCode,
  startedAt: instant,
  finishedAt: instant,
  output,
});
const item = shape({
  id: word,
  attempt: count,
  state: fc.constantFrom('accepted', 'running', 'finished', 'died' as const),
  startedAt: instant,
});

const workerMessages: Arbitraries<ToServer> = {
  hello: shape({
    type: fc.constant('hello'),
    node: word,
    region: word,
    boot: word,
    journal: word,
    maxTerm: fixed,
    executors: fc.array(word, { maxLength: 3 }),
    slots: count,
    items: fc.array(item, { maxLength: 3 }),
    clusterId: word,
    relay: fc.boolean(),
  }),
  started: shape({ type: fc.constant('started'), seq: count, id: word, attempt: count, at: instant }),
  output: shape({
    type: fc.constant('output'),
    seq: count,
    id: word,
    attempt: count,
    offset: count,
    bytes,
    stderr: fc.boolean(),
  }),
  finished: shape({ type: fc.constant('finished'), seq: count, id: word, attempt: count, jobName: word, report }),
  refused: shape({ type: fc.constant('refused'), seq: count, id: word, attempt: count, reason: word }),
  ack: shape({ type: fc.constant('ack'), seq: count }),
  ping: shape({ type: fc.constant('ping'), n: count }),
  drain: shape({ type: fc.constant('drain') }),
};

const verdict = shape({
  id: word,
  attempt: count,
  verdict: fc.constantFrom('keep', 'resend', 'kill', 'forget' as const),
});
const dispatch = shape({
  id: word,
  attempt: count,
  group: fixed,
  tick: maybe(instant),
  job: definition,
  timeoutMs: maybe(count),
  killGraceMs: count,
});

const serverMessages: Arbitraries<ToWorker> = {
  welcome: shape({
    type: fc.constant('welcome'),
    clusterId: word,
    term: fixed,
    session: word,
    leaseMs: count,
    verdicts: fc.array(verdict, { maxLength: 3 }),
  }),
  dispatch: shape({ type: fc.constant('dispatch'), seq: count, term: fixed, dispatch }),
  cancel: shape({ type: fc.constant('cancel'), seq: count, term: fixed, id: word, attempt: count, reason: word }),
  ack: shape({ type: fc.constant('ack'), seq: count }),
  credit: shape({ type: fc.constant('credit'), bytes: count }),
  watch: shape({ type: fc.constant('watch'), id: word, on: fc.boolean() }),
  pong: shape({ type: fc.constant('pong'), n: count }),
  refuse: shape({ type: fc.constant('refuse'), code: word, text: word }),
  redirect: shape({ type: fc.constant('redirect'), leader: word, address: word, term: fixed }),
  noLeader: shape({ type: fc.constant('noLeader'), retryMs: count }),
};

const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');
const batch = <T>(message: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(message, { maxLength: 3 });

describe('every message of a worker', () => {
  for (const [type, values] of Object.entries<fc.Arbitrary<ToServer>>(workerMessages)) {
    it(`${type}`, () => {
      fc.assert(
        fc.property(batch(values), (messages) => {
          const wire = toServerToWire(messages);
          expect(isDeepStrictEqual(toServerFromWire(wire), messages)).toBe(true);
          expect(hex(GeneratedToServer.encode(GeneratedToServer.decode(wire)).finish())).toBe(hex(wire));
        }),
      );
    });
  }
});

describe('every message of a server', () => {
  for (const [type, values] of Object.entries<fc.Arbitrary<ToWorker>>(serverMessages)) {
    it(`${type}`, () => {
      fc.assert(
        fc.property(batch(values), (messages) => {
          const wire = toWorkerToWire(messages);
          expect(isDeepStrictEqual(toWorkerFromWire(wire), messages)).toBe(true);
          expect(hex(GeneratedToWorker.encode(GeneratedToWorker.decode(wire)).finish())).toBe(hex(wire));
        }),
      );
    });
  }
});

describe('between versions', () => {
  it('fields of a later version are passed over', () => {
    // ToServer { messages: [{ ack { seq: 5, 100: 1, 101: "a", 102: fixed32, 103: fixed64 } }] }
    const later = '0a1b32190805a00601aa060161b50601000000b9060100000000000000';
    expect(toServerFromWire(Buffer.from(later, 'hex'))).toStrictEqual([{ type: 'ack', seq: 5 }]);
  });

  it('kinds of message of a later version are refused', () => {
    expect(() => toServerFromWire(Buffer.from('0a03a20600', 'hex'))).toThrow(ContractError);
  });
});

it('the session service is that of the contract', () => {
  const { path, requestStream, responseStream } = agentSession.session;
  expect(Object.keys(agentSession)).toStrictEqual(Object.keys(GeneratedAgent));
  expect(GeneratedAgent.session).toMatchObject({ path, requestStream, responseStream });
  const messages: ToServer[] = [{ type: 'ping', n: 1 }];
  const answer: ToWorker[] = [{ type: 'pong', n: 1 }];
  expect(agentSession.session.requestDeserialize(agentSession.session.requestSerialize(messages))).toStrictEqual(
    messages,
  );
  expect(agentSession.session.responseDeserialize(agentSession.session.responseSerialize(answer))).toStrictEqual(
    answer,
  );
});
