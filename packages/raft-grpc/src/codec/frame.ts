import { crc32 } from 'node:zlib';
import type { Message } from '@dkron/raft/core';
import { ByteReader, ByteWriter, StorageError } from '@dkron/raft/storage';
import { malformed, TransportError } from '../errors.ts';
import { isBulk } from './kinds.ts';
import { MIN_MESSAGE_BYTES, planMessage, readMessage, writeMessage } from './message.ts';
import type { Ends, PlannedMessage } from './message.ts';

/**
 * A frame, little-endian: `length u32 · crc u32 · kind u8 · flags u8 · reserved u16 · count u32 · messages`.
 * `length` counts what follows the checksum, the checksum (CRC-32, IEEE) covers it; flags and reserved are 0.
 */
export const FRAME_HEAD_BYTES = 16;
const COVERED_FROM = 8;
/** More in one frame are refused: a message takes more memory than its shortest encoding. */
export const MAX_FRAME_MESSAGES = 16_384;

/** Messages of a control frame overtake those of bulk frames. */
export const FrameKind = { control: 1, bulk: 2 } as const;
/** Number of the kind of a frame. */
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** A decoded frame. */
export interface Frame {
  readonly kind: FrameKind;
  /** In the order in which they were sent; at least one. */
  readonly messages: Message[];
}

/** Writes a frame behind `reserve` bytes that are left free, so that a caller can put something in front. */
export function writeFrame(kind: FrameKind, plans: readonly PlannedMessage[], reserve = 0): Buffer {
  let length = FRAME_HEAD_BYTES;
  for (const plan of plans) length += plan.bytes;
  const buffer = Buffer.allocUnsafe(reserve + length);
  const writer = new ByteWriter(buffer, reserve + COVERED_FROM);
  writer.u8(kind);
  writer.u8(0);
  writer.u16(0);
  writer.u32(plans.length);
  for (const plan of plans) writeMessage(plan, writer);
  writer.offset = reserve;
  writer.u32(length - COVERED_FROM);
  writer.u32(crc32(buffer.subarray(reserve + COVERED_FROM)));
  return buffer;
}

/**
 * A frame of the messages given, all of one kind.
 * @throws TypeError when there is none, kinds are mixed, or a message cannot travel
 */
export function encodeFrame(messages: readonly Message[], ends: Ends): Uint8Array {
  if (messages.length === 0 || messages.length > MAX_FRAME_MESSAGES) {
    throw new TypeError(`a frame of ${messages.length} messages; 1 to ${MAX_FRAME_MESSAGES} are allowed`);
  }
  const bulk = isBulk(messages[0]!.type);
  if (messages.some((message) => isBulk(message.type) !== bulk)) {
    throw new TypeError('messages of both kinds in one frame');
  }
  const plans = messages.map((message) => planMessage(message, ends));
  return writeFrame(bulk ? FrameKind.bulk : FrameKind.control, plans);
}

/**
 * Decodes and checks a frame to its last byte. The data of entries are views of `bytes`.
 * @throws TransportError `malformed_frame`, having allocated no more than a small multiple of `bytes`
 */
export function decodeFrame(bytes: Uint8Array, ends: Ends): Frame {
  const reader = new ByteReader(bytes);
  try {
    const length = reader.u32();
    if (length !== bytes.byteLength - COVERED_FROM) throw malformed(`length ${length} of ${bytes.byteLength} bytes`);
    if (reader.u32() !== crc32(bytes.subarray(COVERED_FROM))) throw malformed('checksum differs');
    const kind = reader.u8();
    if (kind !== FrameKind.control && kind !== FrameKind.bulk) throw malformed(`kind ${kind}`);
    if (reader.u8() !== 0 || reader.u16() !== 0) throw malformed('unknown flags');
    return { kind, messages: readMessages(reader, kind, ends) };
  } catch (error) {
    if (error instanceof TransportError) throw error;
    if (error instanceof StorageError) throw malformed(error.message, { ...error.details });
    throw error;
  }
}

function readMessages(reader: ByteReader, kind: FrameKind, ends: Ends): Message[] {
  const count = reader.u32();
  if (count === 0 || count > MAX_FRAME_MESSAGES || count * MIN_MESSAGE_BYTES > reader.remaining)
    throw malformed(`${count} messages announced`);
  const messages: Message[] = [];
  for (let i = 0; i < count; i++) {
    const message = readMessage(reader, ends);
    if (isBulk(message.type) !== (kind === FrameKind.bulk))
      throw malformed(`${message.type} in a frame of kind ${kind}`);
    messages.push(message);
  }
  reader.end();
  return messages;
}
