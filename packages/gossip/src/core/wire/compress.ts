import { WireError } from '../errors.ts';
import { bytesView, u8 } from './kinds.ts';
import { lzwDecode } from './lzw-decode.ts';
import { lzwEncode } from './lzw-encode.ts';
import { MessageType } from './message-type.ts';
import { MsgpackReader } from './msgpack-reader.ts';
import { MsgpackWriter } from './msgpack-writer.ts';
import { field, Struct } from './struct.ts';

interface Compressed {
  /** 0 is LZW, the only one there is. */
  readonly algo: number;
  readonly buf: Uint8Array;
}

const LZW = 0;
const compressed = new Struct<Compressed>({}, { algo: field('Algo', u8), buf: field('Buf', bytesView) });

/** The bytes as a compress message, also when that is longer. Streams are always sent so. */
export function compress(inner: Uint8Array): Uint8Array {
  const buf = lzwEncode(inner);
  const out = new MsgpackWriter('unsigned', buf.length + 32);
  out.byte(MessageType.compress);
  compressed.write(out, { algo: LZW, buf });
  return out.finish();
}

/** The bytes as a compress message if that is shorter, else themselves. Packets are sent so. */
export function compressIfShorter(inner: Uint8Array): Uint8Array {
  const packed = compress(inner);
  return packed.length < inner.length ? packed : inner;
}

/**
 * What a compress message holds.
 *
 * @param message - from its type byte on; bytes after it are ignored
 * @param maxBytes - inflating to more is refused
 *
 * Throws {@link WireError}; `GOSSIP_WIRE_TRUNCATED` means that the message itself is cut, not what it holds.
 */
export function decompress(message: Uint8Array, maxBytes: number): Uint8Array {
  const { algo, buf } = compressed.read(new MsgpackReader(message, 1));
  if (algo !== LZW) throw new WireError('GOSSIP_WIRE_COMPRESSION', `algorithm ${algo}, only 0 (LZW) is known`);
  return lzwDecode(buf, maxBytes);
}
