import { parseIp } from '../core/ip.ts';

/** An object of a vector file. */
export type Json = Readonly<Record<string, unknown>>;

/** Throws unless every value of the vector's message stands in ours, under the name that ours has for it. */
export function expectSame(expected: unknown, actual: unknown): void {
  const difference = compare(expected, actual, '');
  if (difference !== undefined) throw new Error(difference);
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function unhex(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** Where ours is called otherwise than the field of the original with a small first letter. */
const NAMES: Readonly<Record<string, string>> = {
  ID: 'id',
  CC: 'coalesce',
  IP: 'ip',
  LTime: 'lamportTime',
  EventLTime: 'eventLamportTime',
  QueryLTime: 'queryLamportTime',
  StatusLTimes: 'statusLamportTimes',
  Timeout: 'timeoutNanos',
  DelegateCur: 'delegateCurrent',
  ProtocolCur: 'protocolCurrent',
};

function nameOf(key: string): string {
  return NAMES[key] ?? `${key[0]!.toLowerCase()}${key.slice(1)}`;
}

/** What differs; `undefined` if nothing does. */
function compare(expected: unknown, actual: unknown, path: string): string | undefined {
  if (actual instanceof Uint8Array || (actual === null && expected !== null))
    return compareBytes(expected, actual, path);
  if (actual instanceof Map) return compare(expected, Object.fromEntries(actual), `${path}!`);
  if (isRing(expected)) return compare(expected.nonNil, ringOf(actual, expected.$len), `${path}!`);
  if (typeof expected !== 'object' || expected === null || typeof actual !== 'object' || actual === null) {
    return expected === actual ? undefined : differ(path, expected, actual);
  }
  const entries = Object.entries(expected);
  const own = actual as Json;
  const names = entries.map(([key]) => (Array.isArray(expected) || path.endsWith('!') ? key : nameOf(key)));
  const surplus = Object.keys(own).filter((name) => !names.includes(name) && name !== 'type');
  if (surplus.length > 0) return `${path}: ${surplus.join()} not expected`;
  for (const [i, [, value]] of entries.entries()) {
    const difference = compare(value, own[names[i]!], `${path}.${names[i]!}`);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function compareBytes(expected: unknown, actual: Uint8Array | null, path: string): string | undefined {
  const bytes = bytesOf(expected);
  const same = actual !== null && bytes !== undefined && hexOf(bytes) === hexOf(actual);
  return same ? undefined : differ(path, expected, actual);
}

function bytesOf(value: unknown): Uint8Array | undefined {
  if (typeof value === 'string') return new TextEncoder().encode(value);
  const { $ip, $hex, $u8 } = (value ?? {}) as { $ip?: string; $hex?: string; $u8?: number[] };
  if ($ip !== undefined) return parseIp($ip);
  if ($hex !== undefined) return unhex($hex);
  return $u8 && Uint8Array.from($u8);
}

interface Ring {
  readonly $len: number;
  readonly nonNil: Json;
}

function isRing(value: unknown): value is Ring {
  return typeof value === 'object' && value !== null && '$len' in value;
}

function ringOf(actual: unknown, length: number): Json | undefined {
  if (!Array.isArray(actual) || actual.length !== length) return undefined;
  const slots: readonly unknown[] = actual;
  return Object.fromEntries([...slots.entries()].filter(([, slot]) => slot !== null));
}

function differ(path: string, expected: unknown, actual: unknown): string {
  return `${path}: ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`;
}
