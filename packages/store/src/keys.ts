import { fromUtf8, putOrderedI64, putOrderedWhole, putU32, toUtf8 } from './bytes.ts';

/** First byte of every key: one key range per kind of record. */
export const FAMILY = {
  head: 'A',
  due: 'd',
  execution: 'e',
  setting: 'g',
  job: 'j',
  ledger: 'l',
  notice: 'n',
  output: 'o',
  pause: 'p',
  openRun: 'r',
  closedRun: 'c',
  stats: 't',
  token: 'k',
  history: 'x',
} as const;

/** Keys of a snapshot that is being received, and the mark that it is complete. */
export const STAGING_PREFIX: Uint8Array = new Uint8Array([0xfe]);
export const PROMOTE_KEY: Uint8Array = new Uint8Array([0xff]);
/** Everything the state machine owns lies below. */
export const STATE_END: Uint8Array = new Uint8Array([0x80]);

export const HEAD_KEY: Uint8Array = toUtf8(FAMILY.head);

const byName =
  (family: string) =>
  (name: string): Uint8Array =>
    keyOf(family, name, 0);

export const settingKey: (name: string) => Uint8Array = byName(FAMILY.setting);
export const pauseKey: (scope: string) => Uint8Array = byName(FAMILY.pause);
export const statsKey: (date: string) => Uint8Array = byName(FAMILY.stats);
export const tokenKey: (token: string) => Uint8Array = byName(FAMILY.token);

export const nameOfKey = (key: Uint8Array): string => fromUtf8(key.subarray(1));

/** A job is two records, side by side: what its user set, and what happens to it. */
const DEFINITION = 'd'.charCodeAt(0);
const STATE = 's'.charCodeAt(0);
const PART_BYTES = 2;

export const definitionKey = (name: string): Uint8Array => jobKey(name, DEFINITION);
/** Comes right after the job's definition. */
export const jobStateKey = (name: string): Uint8Array => jobKey(name, STATE);

export const jobNameOfKey = (key: Uint8Array): string => fromUtf8(key.subarray(1, key.length - PART_BYTES));
export const isDefinitionKey = (key: Uint8Array): boolean => key.at(-1) === DEFINITION;

function jobKey(name: string, part: number): Uint8Array {
  const key = keyOf(FAMILY.job, name, PART_BYTES);
  key[key.length - 2] = END;
  key[key.length - 1] = part;
  return key;
}

/** The n-th execution of a job in order of decision. */
export const historyKey = (name: string, sequence: number): Uint8Array => bySequence(FAMILY.history, name, sequence);
export const ledgerKey = (name: string, sequence: number): Uint8Array => bySequence(FAMILY.ledger, name, sequence);

function bySequence(family: string, name: string, sequence: number): Uint8Array {
  const key = keyOf(family, name, 9);
  key[key.length - 9] = END;
  putOrderedWhole(key, key.length - 8, sequence);
  return key;
}

/** Open and closed runs apart, so that a start reads the open ones only. */
export function runKey(name: string, group: bigint, open: boolean): Uint8Array {
  const key = keyOf(open ? FAMILY.openRun : FAMILY.closedRun, name, 9);
  key[key.length - 9] = END;
  putOrderedI64(key, key.length - 8, group);
  return key;
}

export const noticeKey = (id: bigint): Uint8Array => byStamp(FAMILY.notice, id, '');
export const dueKey = (id: bigint): Uint8Array => byStamp(FAMILY.due, id, '');

const ID_PATTERN = /^-?\d{1,19}$/u;

/** Ordered by stamp, then node; undefined when the id is not `<stamp>-<node>`. */
export function executionKey(id: string): Uint8Array | undefined {
  return keyOfId(FAMILY.execution, id);
}

export function outputKey(id: string): Uint8Array | undefined {
  return keyOfId(FAMILY.output, id);
}

/** The smallest key of an execution decided at `stamp`. */
export const executionsFrom = (stamp: bigint): Uint8Array => byStamp(FAMILY.execution, stamp, '');

function keyOfId(family: string, id: string): Uint8Array | undefined {
  const usual = keyOfUsualId(family, id);
  if (usual !== undefined) return usual;
  const stamp = stampOfId(id);
  return stamp === undefined ? undefined : byStamp(family, stamp, id.slice(id.indexOf('-', 1) + 1));
}

/**
 * The key of an id as they usually are: a stamp of 10 to 19 digits, a node in ASCII. Without a bigint, as several keys are
 * made for each run.
 */
function keyOfUsualId(family: string, id: string): Uint8Array | undefined {
  const { length } = id;
  let dash = 0;
  let high = 0;
  let low = 0;
  for (; dash < length; dash++) {
    const digit = id.charCodeAt(dash) - ZERO;
    if (digit < 0 || digit > 9) break;
    // The stamp's digits before and after its tenth.
    if (dash < 10) high = high * 10 + digit;
    else low = low * 10 + digit;
  }
  if (dash < 10 || dash > 19 || id.charCodeAt(dash) !== DASH) return undefined;
  const key = Buffer.allocUnsafe(9 + length - dash - 1);
  key[0] = family.charCodeAt(0);
  putProduct(key, 1, high, POWERS_OF_TEN[dash - 10] as number, low);
  key[1] = (key[1] as number) ^ 0x80;
  for (let at = dash + 1; at < length; at++) {
    const unit = id.charCodeAt(at);
    if (unit > 0x7f) return undefined;
    key[8 + at - dash] = unit;
  }
  return key;
}

const ZERO = '0'.charCodeAt(0);
const DASH = '-'.charCodeAt(0);
const POWERS_OF_TEN: readonly number[] = Array.from({ length: 10 }, (_, i) => 10 ** i);

/** `left * right + rest` modulo 2^64 as 8 bytes; `left` below 2^34, the others below 2^30. */
function putProduct(out: Uint8Array, at: number, left: number, right: number, rest: number): void {
  const above = Math.floor(left / 0x10000) * right;
  const below = (above % 0x10000) * 0x10000 + (left % 0x10000) * right + rest;
  putU32(out, at, Math.floor(above / 0x10000) + Math.floor(below / 0x1_0000_0000));
  putU32(out, at + 4, below % 0x1_0000_0000);
}

/** Undefined when the id is not `<stamp>-<node>`. */
export function stampOfId(id: string): bigint | undefined {
  // A stamp may be negative: its sign is not the separator.
  const dash = id.indexOf('-', 1);
  const stamp = dash === -1 ? '' : id.slice(0, dash);
  return ID_PATTERN.test(stamp) ? BigInt(stamp) : undefined;
}

function byStamp(family: string, stamp: bigint, rest: string): Uint8Array {
  const tail = rest === '' ? undefined : toUtf8(rest);
  const key = Buffer.allocUnsafe(9 + (tail?.length ?? 0));
  key[0] = family.charCodeAt(0);
  putOrderedI64(key, 1, stamp);
  if (tail !== undefined) key.set(tail, 9);
  return key;
}

/** Ends a name inside a key: no name holds a zero byte, hence `foo` and `foobar` never share a range. */
const END = 0;

/** Family and text, with so many bytes left free behind them. */
function keyOf(family: string, text: string, free: number): Uint8Array {
  const { length } = text;
  const key = Buffer.allocUnsafe(1 + length + free);
  key[0] = family.charCodeAt(0);
  for (let i = 0; i < length; i++) {
    const unit = text.charCodeAt(i);
    if (unit > 0x7f) {
      const bytes = toUtf8(text);
      const long = Buffer.allocUnsafe(1 + bytes.length + free);
      long[0] = family.charCodeAt(0);
      long.set(bytes, 1);
      return long;
    }
    key[1 + i] = unit;
  }
  return key;
}

/** All keys of one kind of record. */
export function familyRange(family: string): { readonly gte: Uint8Array; readonly lt: Uint8Array } {
  const gte = toUtf8(family);
  return { gte, lt: new Uint8Array([(gte[0] as number) + 1]) };
}
