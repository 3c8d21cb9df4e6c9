import type { MemberInfos } from './members.ts';
import { RaftError } from './errors.ts';

/** What the node itself keeps in a snapshot, in front of the state machine's bytes. */
export interface SnapshotPrelude {
  /** Index of the last membership change that the snapshot covers. */
  readonly confIndex: number;
  readonly infos: MemberInfos;
  /** What a durable state machine said it held; below the snapshot's index when that is no command. */
  readonly machineIndex?: number;
  /** Nothing follows: the state machine of the server that took it holds the state durably. */
  readonly stateless?: boolean;
}

/*
 * Layout: magic u32, length u32, JSON of that length; little-endian.
 */
const MAGIC = 0x50524b44;
const HEAD_BYTES = 8;
const MAX_BYTES = 1 << 24;

export function encodePrelude(prelude: SnapshotPrelude): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify({ version: 1, ...prelude }));
  const bytes = new Uint8Array(HEAD_BYTES + json.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, json.length, true);
  bytes.set(json, HEAD_BYTES);
  return bytes;
}

/**
 * Reads the prelude off a snapshot's stream; `rest` is what follows, to be consumed once.
 * @throws RaftError `snapshot_failed` for bytes that begin otherwise
 */
export async function readPrelude(
  stream: AsyncIterable<Uint8Array>,
): Promise<{ readonly prelude: SnapshotPrelude; readonly rest: AsyncIterable<Uint8Array> }> {
  const iterator = stream[Symbol.asyncIterator]();
  let held: Uint8Array = new Uint8Array(0);
  const fill = async (need: number): Promise<void> => {
    while (held.length < need) {
      const next = await iterator.next();
      if (next.done === true) throw malformed(`it ends after ${held.length} bytes`);
      held = joined(held, next.value);
    }
  };
  await fill(HEAD_BYTES);
  const view = new DataView(held.buffer, held.byteOffset, held.byteLength);
  const length = view.getUint32(4, true);
  if (view.getUint32(0, true) !== MAGIC || length > MAX_BYTES) throw malformed('it begins with other bytes');
  await fill(HEAD_BYTES + length);
  const json = new TextDecoder().decode(held.subarray(HEAD_BYTES, HEAD_BYTES + length));
  const prelude = JSON.parse(json) as SnapshotPrelude;
  return { prelude, rest: remainder(held.subarray(HEAD_BYTES + length), iterator) };
}

async function* remainder(first: Uint8Array, iterator: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    if (first.length > 0) yield first;
    for (let next = await iterator.next(); next.done !== true; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function malformed(why: string): RaftError {
  return new RaftError('snapshot_failed', `the snapshot was not written by this library: ${why}`, { why });
}
