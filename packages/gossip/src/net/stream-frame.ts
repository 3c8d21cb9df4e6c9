import { MessageType } from '../core/wire/message-type.ts';
import { type EnvelopeVersion, envelopeLength } from './envelope.ts';

/** Which end of a connection. Only the dialler writes the label, though both authenticate it. */
export type StreamRole = 'dialler' | 'listener';

/** Frame of a sealed stream: type byte, length of the envelope in network order. */
export const STREAM_FRAME_BYTES = 5;

/** The frame before the envelope of so many bytes; it is authenticated too. */
export function streamFrame(version: EnvelopeVersion, plaintextBytes: number): Uint8Array {
  const frame = new Uint8Array(STREAM_FRAME_BYTES);
  frame[0] = MessageType.encrypt;
  new DataView(frame.buffer).setUint32(1, envelopeLength(version, plaintextBytes));
  return frame;
}
