/*
 * Damaged copies of captured Serf messages and states, and of our own, into a whole member: it must not throw, must answer
 * soon, and must not keep more than its bounds say.
 */
import { readFileSync } from 'node:fs';
import type { Random } from '@dkron/runtime';
import { seededRandom } from '@dkron/runtime/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dissectStream, mutateBytes } from '../../testing/index.ts';
import { LoneSerf } from '../../testing/lone-serf.ts';
import { unhex } from '../../testing/vector-values.ts';
import { PacketCodec } from '../../net/packet-codec.ts';
import { nodeAead } from '../../net/aead.ts';
import { Keyring } from '../keyring.ts';
import { encodeFilter } from '../wire/filters.ts';
import { encodeSerfMessage } from '../wire/serf-codec.ts';

/** What some five seconds of a busy machine allow. For long runs: GOSSIP_FUZZ_INPUTS=1000000. */
const INPUTS = Number(process.env['GOSSIP_FUZZ_INPUTS'] ?? 20_000);
const SEED = Number(process.env['GOSSIP_FUZZ_SEED'] ?? 6);
const SLOWEST_MS = 50;
const MAX_GROWTH_BYTES = 128 * 1_048_576;

interface VectorFile {
  readonly udp: readonly { readonly hex: string }[];
  readonly tcp: readonly { readonly c2s: { readonly hex: string }; readonly s2c: { readonly hex: string } }[];
}

const files = ['plain-uncompressed', 'plain-compressed', 'dkron-plain', 'ipv6', 'conflict-errors-oldproto'].map(
  (name) => JSON.parse(readFileSync(new URL(`../../../testdata/${name}.json`, import.meta.url), 'utf8')) as VectorFile,
);
const modules = { keyring: new Keyring(), aead: nodeAead };
const codec = new PacketCodec({}, modules);
const bodies: Uint8Array[] = [];
const states: Uint8Array[] = [];
for (const { udp, tcp } of files) {
  for (const { hex } of udp) {
    for (const message of codec.unpack(unhex(hex)).messages) if (message.type === 'user') bodies.push(message.body);
  }
  for (const { c2s, s2c } of tcp) {
    for (const { hex } of [c2s, s2c]) {
      // One of the conflicts was sealed.
      if (hex === '' || hex.startsWith('0a')) continue;
      const { message } = dissectStream(unhex(hex), new Uint8Array(), modules);
      if (message.type === 'pushPull') states.push(message.userState);
    }
  }
}

const PIECES = [
  'a',
  'b',
  '.',
  '(',
  ')',
  '|',
  '*',
  '+',
  '?',
  '{1,9}',
  '{50}',
  '{1000}',
  '[a-z]',
  '[^x]',
  '\\pL',
  '(?i)',
  '\\b',
  '^',
  '$',
  '\\',
];

/** A query with an expression that nobody would write. */
function oddQuery(random: Random): Uint8Array {
  let expression = '';
  for (let n = random.nextInt(40); n > 0; n--) expression += PIECES[random.nextInt(PIECES.length)]!;
  return encodeSerfMessage({
    type: 'query',
    addr: Uint8Array.of(10, 0, 0, 2),
    filters: [encodeFilter({ kind: 'tag', tag: 'role', expression })],
    flags: random.nextInt(4),
    id: random.nextInt(1000),
    lamportTime: 1 + random.nextInt(2000),
    name: ['x', '_serf_install-key', '_serf_conflict', '_serf_list-keys', '_serf_ping'][random.nextInt(5)]!,
    payload: random.bytes(random.nextInt(20)),
    port: random.nextInt(65_536),
    relayFactor: random.nextInt(256),
    sourceNode: ['a', 'me', ''][random.nextInt(3)]!,
    timeoutNanos: random.nextInt(2 ** 32),
  });
}

function member(): LoneSerf {
  const keyring = new Keyring([new Uint8Array(16)]);
  const serf = { coalesceMs: 3000, quiescentMs: 1000, queueDepthMax: 256 };
  const snapshot = { rejoinAfterLeave: false };
  const tags = { role: 'abababababababababababababababababababab' };
  const lone = new LoneSerf({ serf, snapshot, tags }, { keyring });
  lone.meet('a', 'b', 'c', 'alpha', 'beta');
  lone.do((one, nowMs) => one.query({ name: 'q', timeoutMs: 80_000_000 }, nowMs));
  return lone;
}

const stackTraceLimit = Error.stackTraceLimit;
beforeAll(() => {
  Error.stackTraceLimit = 0;
});
afterAll(() => {
  Error.stackTraceLimit = stackTraceLimit;
});

/** Feeds `INPUTS` of them, and says what is wrong; the slowest of each must have been an accident of the machine. */
function feed(
  name: string,
  next: (random: Random, i: number) => Uint8Array,
  take: (lone: LoneSerf, input: Uint8Array) => void,
): string[] {
  const random = seededRandom(SEED).fork(name);
  const lone = member();
  let slowestMs = 0;
  let slowest: Uint8Array = new Uint8Array();
  const timed = (one: LoneSerf, input: Uint8Array): number => {
    const start = performance.now();
    take(one, input);
    return performance.now() - start;
  };
  let before = 0;
  for (let i = 0; i < INPUTS; i++) {
    const input = next(random, i);
    const ms = timed(lone, input);
    lone.effects = [];
    if (i % 16 === 0) lone.run(random.nextInt(200));
    lone.effects = [];
    // What is kept up to the bounds is kept by then.
    if (i === Math.floor(INPUTS / 2)) before = memory();
    if (ms <= slowestMs) continue;
    slowestMs = ms;
    slowest = input;
  }
  const grownBytes = memory() - before;
  for (let i = 0; i < 5 && slowestMs > SLOWEST_MS; i++) slowestMs = Math.min(slowestMs, timed(member(), slowest));
  const { member: clock, event, query } = lone.serf.clocks;
  const checks: readonly (readonly [string, boolean])[] = [
    [`one took ${slowestMs} ms`, slowestMs < SLOWEST_MS],
    [`memory grew by ${grownBytes} bytes`, grownBytes < MAX_GROWTH_BYTES],
    [`clocks ${clock} ${event} ${query}`, [clock, event, query].every(Number.isSafeInteger)],
    ['we are gone', lone.serf.member('me')?.status === 'alive'],
    [`${lone.serf.queued.events} events wait`, lone.serf.queued.events <= 256],
  ];
  return checks.flatMap(([problem, isGood]) => (isGood ? [] : [problem]));
}

function memory(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

const TIMEOUT_MS = 3_600_000;

describe(`fuzz of a member: ${INPUTS * 3} inputs, seed ${SEED}`, () => {
  it(
    'messages of packets',
    () => {
      const next = (random: Random, i: number): Uint8Array =>
        i % 10 === 0 ? random.bytes(random.nextInt(64)) : mutateBytes(bodies[i % bodies.length]!, random);
      expect(feed('messages', next, (lone, body) => lone.hearPacket({ type: 'user', body }))).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'states of exchanges',
    () => {
      const next = (random: Random, i: number): Uint8Array => mutateBytes(states[i % states.length]!, random);
      const merge = (lone: LoneSerf, userState: Uint8Array): void => {
        lone.do((serf, nowMs) => serf.mergeState({ type: 'pushPull', join: true, nodes: [], userState }, nowMs));
      };
      expect(feed('states', next, merge)).toEqual([]);
    },
    TIMEOUT_MS,
  );

  it(
    'queries with odd expressions, addresses and names',
    () => {
      const next = (random: Random, i: number): Uint8Array =>
        i % 3 === 0 ? mutateBytes(oddQuery(random), random) : oddQuery(random);
      expect(feed('queries', next, (lone, body) => lone.hearPacket({ type: 'user', body }))).toEqual([]);
    },
    TIMEOUT_MS,
  );
});
