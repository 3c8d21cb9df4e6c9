import { messageOf } from '@dkron/runtime';
import type { Handshake, Verdict, SessionRequest, SessionResponse } from '../gen/dkron/raft/v1/transport.ts';
import {
  RaftTransportServiceService,
  SessionRequest as SessionRequestCodec,
  SessionResponse as SessionResponseCodec,
  SnapshotRequest as SnapshotRequestCodec,
  SnapshotResponse as SnapshotResponseCodec,
} from '../gen/dkron/raft/v1/transport.ts';
import type { SnapshotRequest, SnapshotResponse } from '../gen/dkron/raft/v1/transport.ts';
import { MESSAGE_HEAD_BYTES, writeHead } from './message-cutter.ts';

/** A message that could not be read; handled by the stream it came on, so that it is counted there. */
export interface Unreadable {
  readonly $case: 'unreadable';
  readonly value: string;
}

export type Incoming<T extends { readonly message: unknown }> = NonNullable<T['message']> | Unreadable;

export type { Handshake as WireHandshake, Verdict as WireVerdict };

/** Tags of `frame`, `piece` and `last_piece`: `number << 3 | 2`. */
const FRAME_TAGS = { frame: 0x1a, piece: 0x22, lastPiece: 0x2a } as const;
const CASE_OF_TAG: Readonly<Record<number, 'frame' | 'piece' | 'lastPiece'>> = {
  0x1a: 'frame',
  0x22: 'piece',
  0x2a: 'lastPiece',
};

/** A tag and a length of up to 2^28. */
const FIELD_HEAD_BYTES = 5;
/** Room to leave in front of bytes for `prefixField`. */
export const PREFIX_BYTES = MESSAGE_HEAD_BYTES + FIELD_HEAD_BYTES;

/**
 * Writes tag and length right before offset `PREFIX_BYTES`, and before them the head of the message; returns all from its
 * first byte on. This is what the generated code would write, framed, without its three copies.
 */
export function prefixField(buffer: Buffer, field: keyof typeof FRAME_TAGS): Buffer {
  let length = buffer.byteLength - PREFIX_BYTES;
  if (length >= 2 ** 28) throw new RangeError(`a field of ${length} bytes`);
  const digits = length < 0x80 ? 1 : length < 0x4000 ? 2 : length < 0x20_0000 ? 3 : 4;
  const start = PREFIX_BYTES - digits - 1;
  buffer[start] = FRAME_TAGS[field];
  for (let i = 1; i <= digits; i++) {
    buffer[start + i] = (length & 0x7f) | (i < digits ? 0x80 : 0);
    length >>>= 7;
  }
  writeHead(buffer, start - MESSAGE_HEAD_BYTES);
  return buffer.subarray(start - MESSAGE_HEAD_BYTES);
}

/** A message that is one bytes field and nothing else, as a view; undefined for any other. */
function readField(bytes: Buffer): Incoming<SessionRequest> | undefined {
  const name = CASE_OF_TAG[bytes[0] ?? 0];
  if (name === undefined) return undefined;
  let length = 0;
  for (let i = 1; i <= 4 && i < bytes.byteLength; i++) {
    const digit = bytes[i]!;
    length |= (digit & 0x7f) << (7 * (i - 1));
    if (digit < 0x80) {
      return length === bytes.byteLength - i - 1 ? { $case: name, value: bytes.subarray(i + 1) } : undefined;
    }
  }
  return undefined;
}

function read<T extends { readonly message: unknown }>(decode: (bytes: Uint8Array) => T, bytes: Buffer): Incoming<T> {
  try {
    const { message } = decode(bytes);
    if (message !== undefined) return message as NonNullable<T['message']>;
    return { $case: 'unreadable', value: 'no known field' };
  } catch (error) {
    return { $case: 'unreadable', value: messageOf(error) };
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** `dkron.raft.v1.RaftTransportService` for grpc-js. Reading never throws. */
export const raftTransportService = {
  session: {
    path: RaftTransportServiceService.session.path,
    requestStream: true,
    responseStream: true,
    requestSerialize: (message: NonNullable<SessionRequest['message']>): Buffer =>
      asBuffer(SessionRequestCodec.encode({ message }).finish()),
    requestDeserialize: (bytes: Buffer): Incoming<SessionRequest> =>
      readField(bytes) ?? read<SessionRequest>((input) => SessionRequestCodec.decode(input), bytes),
    responseSerialize: (message: NonNullable<SessionResponse['message']>): Buffer =>
      asBuffer(SessionResponseCodec.encode({ message }).finish()),
    responseDeserialize: (bytes: Buffer): Incoming<SessionResponse> =>
      read<SessionResponse>((input) => SessionResponseCodec.decode(input), bytes),
  },
  snapshot: {
    path: RaftTransportServiceService.snapshot.path,
    requestStream: true,
    responseStream: true,
    requestSerialize: (message: NonNullable<SnapshotRequest['message']>): Buffer =>
      asBuffer(SnapshotRequestCodec.encode({ message }).finish()),
    requestDeserialize: (bytes: Buffer): Incoming<SnapshotRequest> =>
      read<SnapshotRequest>((input) => SnapshotRequestCodec.decode(input), bytes),
    responseSerialize: (message: NonNullable<SnapshotResponse['message']>): Buffer =>
      asBuffer(SnapshotResponseCodec.encode({ message }).finish()),
    responseDeserialize: (bytes: Buffer): Incoming<SnapshotResponse> =>
      read<SnapshotResponse>((input) => SnapshotResponseCodec.decode(input), bytes),
  },
} as const;
