import { concat, fromUtf8, orderedI64, toUtf8 } from './bytes.ts';

/** First byte of every key: one key range per kind of record. */
export const FAMILY = {
  head: 'A',
  due: 'd',
  execution: 'e',
  setting: 'g',
  job: 'j',
  ledger: 'l',
  meta: 'm',
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

/** Ends a name inside a key: no name holds a zero byte, hence `foo` and `foobar` never share a range. */
const END = new Uint8Array([0]);

const byName =
  (family: string) =>
  (name: string): Uint8Array =>
    toUtf8(family + name);

export const jobKey: (name: string) => Uint8Array = byName(FAMILY.job);
export const metaKey: (name: string) => Uint8Array = byName(FAMILY.meta);
export const settingKey: (name: string) => Uint8Array = byName(FAMILY.setting);
export const pauseKey: (scope: string) => Uint8Array = byName(FAMILY.pause);
export const statsKey: (date: string) => Uint8Array = byName(FAMILY.stats);
export const tokenKey: (token: string) => Uint8Array = byName(FAMILY.token);

export const nameOfKey = (key: Uint8Array): string => fromUtf8(key.subarray(1));

const byNumber = (family: string, name: string, number: bigint): Uint8Array =>
  concat(toUtf8(family + name), END, orderedI64(number));

/** The n-th execution of a job in order of decision. */
export const historyKey = (name: string, sequence: number): Uint8Array =>
  byNumber(FAMILY.history, name, BigInt(sequence));
export const ledgerKey = (name: string, sequence: number): Uint8Array =>
  byNumber(FAMILY.ledger, name, BigInt(sequence));
/** Open and closed runs apart, so that a start reads the open ones only. */
export const runKey = (name: string, group: bigint, open: boolean): Uint8Array =>
  byNumber(open ? FAMILY.openRun : FAMILY.closedRun, name, group);
export const dueKey = (id: bigint): Uint8Array => concat(toUtf8(FAMILY.due), orderedI64(id));

const ID_PATTERN = /^(-?\d{1,19})-(.*)$/su;

/** Ordered by stamp, then node; undefined when the id is not `<stamp>-<node>`. */
export function executionKey(id: string): Uint8Array | undefined {
  return keyOfId(FAMILY.execution, id);
}

export function outputKey(id: string): Uint8Array | undefined {
  return keyOfId(FAMILY.output, id);
}

/** The smallest key of an execution decided at `stamp`. */
export const executionsFrom = (stamp: bigint): Uint8Array => concat(toUtf8(FAMILY.execution), orderedI64(stamp));

function keyOfId(family: string, id: string): Uint8Array | undefined {
  const match = ID_PATTERN.exec(id);
  return match === null
    ? undefined
    : concat(toUtf8(family), orderedI64(BigInt(match[1] as string)), toUtf8(match[2] as string));
}

/** All keys of one kind of record. */
export function familyRange(family: string): { readonly gte: Uint8Array; readonly lt: Uint8Array } {
  const gte = toUtf8(family);
  return { gte, lt: new Uint8Array([(gte[0] as number) + 1]) };
}
