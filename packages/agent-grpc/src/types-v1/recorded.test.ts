import * as wire from '@dkron/contracts/types-v1';
import { describe, expect, it } from 'vitest';
import { bytesOf, CASES, SCENARIOS } from '../../test/recorded.ts';
import type { RecordedMessage } from '../../test/recorded.ts';

interface Codec {
  decode(bytes: Uint8Array): object;
  encode(message: object): { finish(): Uint8Array };
}

const codecOf = (type: string): Codec => (wire as unknown as Readonly<Record<string, Codec>>)[type]!;
/** Go writes map entries in random order: the same bytes in another one. */
const sorted = (bytes: Uint8Array): string => Buffer.from(bytes).toSorted().toString();

function emptyValues(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return 0;
  const items = value instanceof Map ? [...value.values()] : Object.values(value);
  const own = value instanceof Map ? items.filter((item) => item === '').length : 0;
  return items.reduce<number>((sum, item) => sum + emptyValues(item), own);
}

function check(message: RecordedMessage): number {
  if (message.hex === undefined || message.type === undefined) return 0;
  const codec = codecOf(message.type);
  const bytes = bytesOf(message);
  const decoded = codec.decode(bytes);
  const again = codec.encode(decoded).finish();
  expect(codec.decode(again)).toEqual(decoded);
  // Go writes empty values of map entries, too.
  const left = emptyValues(decoded) * 2;
  expect(again.length + left, message.type).toBe(bytes.length);
  if (left === 0) expect(sorted(again), message.type).toBe(sorted(bytes));
  return 1;
}

describe('every recorded message is read, and written with the same bytes', () => {
  it('runs and the calls around them', () => {
    const messages = SCENARIOS.flatMap(({ rpcs }) => rpcs.flatMap((rpc) => rpc.messages));
    expect(messages.map(check).reduce((sum, n) => sum + n, 0)).toBeGreaterThan(300);
  });

  it('single calls', () => {
    const messages = CASES.flatMap((recorded) => recorded.messages);
    expect(messages.map(check).reduce((sum, n) => sum + n, 0)).toBeGreaterThan(100);
  });
});
