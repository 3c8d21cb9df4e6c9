import { ByteQueue } from '../bytes.ts';
import { PluginWireError } from '../errors.ts';

/** Bits of a frame's flags: first of a stream, its answer, no more from here, given up. */
export const YAMUX_FLAGS = { syn: 1, ack: 2, fin: 4, rst: 8 } as const;

/** What each side may send of a stream before the other says more, in bytes. */
export const YAMUX_WINDOW_BYTES = 262_144;

export type YamuxFrameType = 'data' | 'windowUpdate' | 'ping' | 'goAway';

/** One frame. Stream 0 is the session. */
export interface YamuxFrame {
  readonly type: YamuxFrameType;
  readonly flags: number;
  readonly streamId: number;
  /** Of data: its payload's bytes. Of others: bytes more to send, the number that comes back, or the reason (0 normal, 1 protocol, 2 internal). */
  readonly value: number;
  /** Of data only. */
  readonly payload?: Uint8Array;
}

const TYPES: readonly YamuxFrameType[] = ['data', 'windowUpdate', 'ping', 'goAway'];
const HEADER_BYTES = 12;
const KNOWN_FLAGS = 15;

/** Header, and payload if there is one. Throws RangeError for numbers that do not fit. */
export function encodeYamuxFrame({ type, flags, streamId, value, payload }: YamuxFrame): Uint8Array {
  if (flags < 0 || flags > KNOWN_FLAGS || !isUint32(streamId) || !isUint32(value)) {
    throw new RangeError(`flags ${flags}, stream ${streamId} or value ${value} does not fit a yamux frame`);
  }
  if (value !== payload?.length && type === 'data') throw new RangeError('value of a data frame must be its length');
  const bytes = new Uint8Array(HEADER_BYTES + (payload?.length ?? 0));
  const view = new DataView(bytes.buffer);
  view.setUint8(1, TYPES.indexOf(type));
  view.setUint16(2, flags);
  view.setUint32(4, streamId);
  view.setUint32(8, value);
  if (payload) bytes.set(payload, HEADER_BYTES);
  return bytes;
}

/** Frames from bytes that come in pieces. Holds at most one frame that is not complete. */
export class YamuxFrameReader {
  readonly #maxPayloadBytes: number;
  readonly #bytes = new ByteQueue();
  #head: YamuxFrame | undefined;

  /** A longer payload than `maxPayloadBytes` is refused when its header comes. */
  constructor(maxPayloadBytes = YAMUX_WINDOW_BYTES) {
    this.#maxPayloadBytes = maxPayloadBytes;
  }

  /** Bytes that wait for the rest of their frame. */
  get waitingBytes(): number {
    return this.#bytes.length;
  }

  /** All frames that are complete now. Throws `PluginWireError`; nothing more can be read then. */
  *push(bytes: Uint8Array): Generator<YamuxFrame> {
    this.#bytes.push(bytes);
    for (let frame = this.#next(); frame; frame = this.#next()) yield frame;
  }

  #next(): YamuxFrame | undefined {
    if (!this.#head) {
      if (this.#bytes.length < HEADER_BYTES) return undefined;
      this.#head = readHeader(this.#bytes.take(HEADER_BYTES), this.#maxPayloadBytes);
    }
    const head = this.#head;
    if (head.type === 'data') {
      if (this.#bytes.length < head.value) return undefined;
      this.#head = undefined;
      return { ...head, payload: this.#bytes.take(head.value) };
    }
    this.#head = undefined;
    return head;
  }
}

function readHeader(bytes: Uint8Array, maxPayloadBytes: number): YamuxFrame {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const version = view.getUint8(0);
  if (version !== 0) throw new PluginWireError('PLUGIN_YAMUX', `yamux version ${version}, must be 0`);
  const type = TYPES[view.getUint8(1)];
  if (type === undefined) throw new PluginWireError('PLUGIN_YAMUX', `yamux frame of unknown type ${view.getUint8(1)}`);
  const flags = view.getUint16(2);
  if (flags > KNOWN_FLAGS) throw new PluginWireError('PLUGIN_YAMUX', `yamux frame with unknown flags ${flags}`);
  const value = view.getUint32(8);
  if (type === 'data' && value > maxPayloadBytes) {
    throw new PluginWireError('PLUGIN_LIMIT', `yamux payload of ${value} bytes, at most ${maxPayloadBytes}`);
  }
  return { type, flags, streamId: view.getUint32(4), value };
}

function isUint32(value: number): boolean {
  return Number.isInteger(value) && value >= 0 && value < 2 ** 32;
}
