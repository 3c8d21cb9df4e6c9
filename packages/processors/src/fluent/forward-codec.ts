import { Buffer } from 'node:buffer';
import { optionalPeer } from '../optional-peer.ts';

const msgpack = optionalPeer('@msgpack/msgpack', () => import('@msgpack/msgpack'));

/** Acknowledgements are small; whatever is larger is none. */
const ACK_LIMITS = {
  context: undefined,
  maxStrLength: 1_024,
  maxBinLength: 1_024,
  maxArrayLength: 16,
  maxMapLength: 16,
  maxExtLength: 64,
};
const EVENT_TIME = 0;
const NANOS_LENGTH = 9;

/** One event of the forward protocol. */
export interface ForwardEvent {
  readonly tag: string;
  /** RFC 3339. */
  readonly at: string;
  readonly record: Readonly<Record<string, unknown>>;
  /** What the receiver acknowledges it by. */
  readonly chunk: string;
}

/** Message mode with the option `chunk`, which asks for an acknowledgement. */
export async function encodeEvent({ tag, at, record, chunk }: ForwardEvent): Promise<Uint8Array> {
  const { encode, ExtData } = await msgpack();
  return encode([tag, new ExtData(EVENT_TIME, eventTime(at)), record, { chunk }]);
}

/** Chunks that were acknowledged, as they come. @throws Error for anything else */
export async function* readAcks(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const { decodeMultiStream } = await msgpack();
  for await (const answer of decodeMultiStream(stream, ACK_LIMITS)) {
    const ack = typeof answer === 'object' && answer !== null ? (answer as { ack?: unknown }).ack : undefined;
    if (typeof ack !== 'string') throw new Error('the receiver answered with something else than an acknowledgement');
    yield ack;
  }
}

/** Seconds and nanoseconds, each in four bytes. */
function eventTime(at: string): Uint8Array {
  const fraction = /\.([0-9]{1,9})/.exec(at)?.[1] ?? '';
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(Math.floor(Date.parse(at) / 1_000) >>> 0, 0);
  bytes.writeUInt32BE(Number(fraction.padEnd(NANOS_LENGTH, '0')), 4);
  return bytes;
}
