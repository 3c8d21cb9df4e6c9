import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { SnapshotHeader } from '@dkron/raft';
import { decodeFrame } from '../codec/frame.ts';
import type { StreamContext } from '../context.ts';
import { malformed, TransportError } from '../errors.ts';
import type {
  SnapshotHeader as WireHeader,
  SnapshotRequest,
  SnapshotResponse,
} from '../gen/dkron/raft/v1/transport.ts';
import type { Incoming } from '../wire/service.ts';
import type { AcceptedStream } from './accept.ts';

const CREDIT_PART = 4;
const SHA256_BYTES = 32;

type SnapshotIn = Incoming<SnapshotRequest>;
type SnapshotOut = NonNullable<SnapshotResponse['message']>;
export type SnapshotStream = AcceptedStream<SnapshotIn, SnapshotOut>;

/** Takes one snapshot of a peer. Resolves when the server has it durably, or the stream ended before it began. */
export async function serveSnapshot(stream: SnapshotStream, context: StreamContext): Promise<void> {
  const { peer, reader, write } = stream;
  const first = await reader.next();
  if (first === undefined) return;
  if (first.$case !== 'header') throw malformed(`${first.$case} instead of a header`);
  const header = readHeader(first.value, peer.from, context);
  const intake = await context.handler.snapshot(peer.from, header);
  const { offset } = intake;
  if (!Number.isSafeInteger(offset) || offset < 0 || offset > header.bytes) {
    throw new RangeError(`snapshot is to go on at byte ${offset} of ${header.bytes}`);
  }
  write({ $case: 'offer', value: { offset } });
  await intake.take(chunks(stream, header, { offset, window: context.options.bulkWindowBytes }));
  await new Promise<void>((resolve) => write({ $case: 'done', value: {} }, resolve));
}

function readHeader(wire: WireHeader, from: string, { options }: StreamContext): SnapshotHeader {
  const { messages } = decodeFrame(wire.frame, { from, to: options.id });
  const [message] = messages;
  if (messages.length !== 1 || message?.type !== 'Snap' || message.snapshot === undefined) {
    throw malformed('the header of a snapshot holds something else');
  }
  if (wire.sha256.byteLength !== SHA256_BYTES) throw malformed(`a digest of ${wire.sha256.byteLength} bytes`);
  return { message, meta: message.snapshot, bytes: wire.size, sha256: wire.sha256.toString('hex') };
}

/** The bytes from `offset` on, each chunk checked; the last one only passes if length and digest are right. */
async function* chunks(
  { reader, write }: SnapshotStream,
  header: SnapshotHeader,
  { offset, window }: { readonly offset: number; readonly window: number },
): AsyncGenerator<Uint8Array, void, undefined> {
  // What came in an earlier stream is not here: then the digest is for the receiver alone.
  const hash = offset === 0 ? createHash('sha256') : undefined;
  let at = offset;
  let credited = offset;
  for (;;) {
    const message = await reader.next();
    if (message === undefined) throw new TransportError('snapshot_failed', 'the stream of the snapshot broke', { at });
    if (message.$case === 'end') {
      const { size, sha256 } = message.value;
      const right = size === header.bytes && at === size && sha256.toString('hex') === header.sha256;
      if (!right || (hash !== undefined && hash.digest('hex') !== header.sha256)) {
        throw malformed(`snapshot of ${header.bytes} bytes ends at ${at} with another length or digest`);
      }
      return;
    }
    if (message.$case !== 'chunk') throw malformed(`${message.$case} in a snapshot`);
    const { offset: start, crc, data } = message.value;
    if (start !== at || data.byteLength === 0 || data.byteLength > header.bytes - at) {
      throw malformed(`chunk of ${data.byteLength} bytes at ${start} instead of ${at}`);
    }
    if (crc32(data) !== crc) throw malformed(`checksum of the chunk at ${at} differs`);
    hash?.update(data);
    at += data.byteLength;
    yield data;
    if (at - credited >= window / CREDIT_PART) {
      credited = at;
      write({ $case: 'credit', value: { processed: at - offset } });
    }
  }
}
