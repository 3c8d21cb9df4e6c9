import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ZERO_TIME } from '@dkron/runtime';
import * as wire from './index.ts';

/** Bytes that unmodified Go programs put on the wire, and what their own schema read in them. */
interface Recorded {
  readonly type: string;
  readonly hex: string;
  readonly json: Json;
}
type Json = Readonly<Record<string, unknown>>;

interface Fns {
  decode(bytes: Uint8Array): object;
  encode(message: object): { finish(): Uint8Array };
}

const recorded = JSON.parse(
  readFileSync(new URL('../../testdata/types-v1.json', import.meta.url), 'utf8'),
) as Recorded[];
const fnsOf = (type: string): Fns => (wire as unknown as Readonly<Record<string, Fns>>)[type] as Fns;
const bytesOf = ({ hex }: Recorded): Buffer => Buffer.from(hex, 'hex');
const encoded = (type: string, message: object): string =>
  Buffer.from(fnsOf(type).encode(message).finish()).toString('hex');
/** Go writes map entries, and its dynamic client all fields, in random order: the same bytes in another one. */
const sorted = (hex: string): string => Buffer.from(Buffer.from(hex, 'hex').toSorted()).toString('hex');

const additions: wire.JobAdditions = {
  dstGap: 'skip',
  dstOverlap: 'both',
  catchup: 'skip',
  catchupWindow: '',
  timeout: '',
};

const camel = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** Where the decoded message says something else than the recorded JSON. */
function differences(json: unknown, value: unknown, at: string): string[] {
  const below = (entries: readonly [string, unknown][], pick: (key: string) => unknown): string[] =>
    entries.flatMap(([key, item]) => differences(item, pick(key), `${at}.${key}`));
  if (value instanceof Map) return below(Object.entries(json as Json), (key) => value.get(key));
  if (Array.isArray(json)) return below(Object.entries(json), (index) => (value as unknown[])[Number(index)]);
  if (isLeaf(json, value)) {
    const [expected, actual] = leaf(json, value);
    return expected === actual ? [] : [`${at} is ${actual}, recorded ${expected}`];
  }
  return below(Object.entries(json as Json), (key) => (value as Json)[camel(key)]);
}

function isLeaf(json: unknown, value: unknown): boolean {
  return value instanceof Uint8Array || typeof json !== 'object' || json === null;
}

function leaf(json: unknown, value: unknown): [expected: string, actual: string] {
  if (value instanceof Uint8Array) {
    const length = typeof json === 'string' ? Buffer.from(json, 'base64').length : (json as { bytes: number }).bytes;
    return [`${length} bytes`, `${value.length} bytes`];
  }
  if (typeof value === 'object' && value !== null) {
    return [String(Math.floor(Date.parse(String(json)) / 1000)), String((value as wire.Timestamp).seconds)];
  }
  return [String(json), String(value)];
}

describe('recorded messages of the original', () => {
  for (const type of new Set(recorded.map((message) => message.type))) {
    it(`${type}: read as recorded and written back with the same bytes`, () => {
      for (const message of recorded.filter((candidate) => candidate.type === type)) {
        const decoded = fnsOf(type).decode(bytesOf(message));
        expect(differences(message.json, decoded, type)).toStrictEqual([]);
        expect(sorted(encoded(type, decoded))).toBe(sorted(message.hex));
      }
    });
  }
});

describe('recorded messages through the domain', () => {
  const runs = recorded.filter(({ type }) => type === 'AgentRunRequest');

  it('jobs as a Go server sends them keep their bytes', () => {
    const messages = runs.filter(({ json }) => 'next' in (json.job as Json) && 'starts_at' in (json.job as Json));
    expect(messages.length).toBeGreaterThan(5);
    for (const message of messages) {
      const { job, execution } = wire.AgentRunRequest.decode(bytesOf(message));
      if (job === undefined) throw new Error('recorded without a job');
      const { definition, submitted } = wire.jobFromWire(job, additions);
      const again = wire.jobToWire({ definition, state: submitted });
      expect(sorted(encoded('AgentRunRequest', { job: again, execution }))).toBe(sorted(message.hex));
    }
  });

  it('executions as Go nodes send them keep their bytes', () => {
    const messages = recorded.filter(
      ({ type, json }) => type === 'Execution' && 'started_at' in json && 'finished_at' in json,
    );
    expect(messages.length).toBeGreaterThan(5);
    for (const message of messages) {
      const execution = wire.executionFromWire(wire.Execution.decode(bytesOf(message)));
      expect(sorted(encoded('Execution', wire.executionToWire(execution)))).toBe(sorted(message.hex));
    }
  });
});

describe('times', () => {
  it('the zero time is second -62135596800, present', () => {
    const execution = {
      jobName: 'a',
      success: false,
      output: new Uint8Array([255, 0]),
      nodeName: '',
      group: -1n,
      attempt: 1,
    };
    const sent = wire.executionToWire({ ...execution, startedAt: ZERO_TIME, finishedAt: ZERO_TIME });
    expect(sent.startedAt).toStrictEqual({ seconds: -62_135_596_800n, nanos: 0 });
    const back = wire.executionFromWire(wire.Execution.decode(wire.Execution.encode(sent).finish()));
    expect(back).toStrictEqual({ ...execution, startedAt: ZERO_TIME, finishedAt: ZERO_TIME });
  });

  it('nanoseconds before 1970 count up from the whole second', () => {
    expect(wire.timestampToWire(-1n)).toStrictEqual({ seconds: -1n, nanos: 999_999_999 });
    expect(wire.timestampFromWire({ seconds: -1n, nanos: 999_999_999 })).toBe(-1n);
  });

  it('null is a present, empty message; absent execution times are 1970', () => {
    expect(
      Buffer.from(
        wire.Job.encode({ ...wire.Job.decode(new Uint8Array(0)), lastSuccess: wire.nullableTimeToWire(null) }).finish(),
      ).toString('hex'),
    ).toBe('ca0100');
    expect(wire.executionFromWire(wire.Execution.decode(new Uint8Array(0)))).toMatchObject({
      startedAt: 0n,
      finishedAt: 0n,
    });
    expect(wire.nullableTimeFromWire(undefined)).toBeNull();
  });
});

it('a job of an unknown concurrency is refused by name', () => {
  const job = wire.Job.decode(
    wire.Job.encode({ ...wire.Job.decode(new Uint8Array(0)), name: 'a', concurrency: 'maybe' }).finish(),
  );
  expect(() => wire.jobFromWire(job, additions)).toThrow('job "a": concurrency "maybe"');
});
