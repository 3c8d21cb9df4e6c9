import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { ExecutionOutput } from '@dkron/jobs';
import { OUTPUT_HEAD_BYTES_MAX, OUTPUT_TAIL_BYTES_MAX } from '@dkron/jobs';
import { concat, putU32, viewOf } from './bytes.ts';

/** Below this deflate saves nothing worth its time. */
const COMPRESS_FROM_BYTES = 512;
const HEADER_BYTES = 13;

/** Plain form: what enters the state hash, since compressed bytes may differ between machines. */
export function plainOutput({ head, tail, totalBytes }: ExecutionOutput): Uint8Array {
  const plain = Buffer.allocUnsafe(HEADER_BYTES + head.length + tail.length);
  plain[0] = 0;
  plain.writeDoubleBE(totalBytes, 1);
  putU32(plain, 9, head.length);
  plain.set(head, HEADER_BYTES);
  plain.set(tail, HEADER_BYTES + head.length);
  return plain;
}

/** Stored form of a plain one; byte 0 tells whether the rest is compressed. */
export function packOutput(plain: Uint8Array): Uint8Array {
  if (plain.length < COMPRESS_FROM_BYTES) {
    return plain;
  }
  const packed = deflateRawSync(plain.subarray(HEADER_BYTES), { level: 1 });
  if (packed.length >= plain.length - HEADER_BYTES) {
    return plain;
  }
  const header = plain.slice(0, HEADER_BYTES);
  header[0] = 1;
  return concat(header, packed);
}

export function unpackOutput(stored: Uint8Array): ExecutionOutput {
  const view = viewOf(stored);
  const rest = stored.subarray(HEADER_BYTES);
  const body =
    stored[0] === 1 ? inflateRawSync(rest, { maxOutputLength: OUTPUT_HEAD_BYTES_MAX + OUTPUT_TAIL_BYTES_MAX }) : rest;
  const headLength = view.getUint32(9);
  // `new` copies: what is handed out is plain bytes of its own, not a view of a pool.
  return {
    head: new Uint8Array(body.subarray(0, headLength)),
    tail: new Uint8Array(body.subarray(headLength)),
    totalBytes: view.getFloat64(1),
  };
}

/** Cuts to the limits kept per attempt, whatever was sent. */
export function boundedOutput(output: ExecutionOutput): ExecutionOutput {
  if (output.head.length <= OUTPUT_HEAD_BYTES_MAX && output.tail.length <= OUTPUT_TAIL_BYTES_MAX) return output;
  return {
    head: output.head.subarray(0, OUTPUT_HEAD_BYTES_MAX),
    tail: output.tail.subarray(Math.max(0, output.tail.length - OUTPUT_TAIL_BYTES_MAX)),
    totalBytes: output.totalBytes,
  };
}
