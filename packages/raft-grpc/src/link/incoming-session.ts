import type { NodeId } from '@dkron/raft';
import type { Message, MessageType } from '@dkron/raft/core';
import { decodeFrame, FrameKind } from '../codec/frame.ts';
import type { Ends } from '../codec/message.ts';
import type { StreamContext } from '../context.ts';
import { malformed, TransportError } from '../errors.ts';
import type { SessionRequest, SessionResponse } from '../gen/dkron/raft/v1/transport.ts';
import type { Incoming } from '../wire/service.ts';
import type { AcceptedStream } from './accept.ts';
import { Inbox } from './inbox.ts';

/** Pieces but the last are at least this long, so that a frame is never more pieces than it is worth. */
const MIN_PIECE_BYTES = 4096;
/** Credit is given when this part of the window was worked off. */
const CREDIT_PART = 4;

/** Requests that a server passes on keep the sender who asked, and a wish for a transfer names the server that is to lead. */
const PASSED_ON: ReadonlySet<MessageType> = new Set<MessageType>(['Prop', 'ReadIndex', 'TransferLeader']);

/** A peer speaks for itself: a vote or an acknowledgement in another's name would count for that other. */
function checkSenders(messages: readonly Message[], peer: NodeId): void {
  for (const { type, from } of messages) {
    if (from !== peer && !PASSED_ON.has(type)) throw malformed(`${type} of ${from} on a stream of ${peer}`);
  }
}

type SessionIn = Incoming<SessionRequest>;
type SessionOut = NonNullable<SessionResponse['message']>;

/** Takes the frames of one peer until its stream ends. Rejects with what was wrong with them. */
export function serveSession(
  { peer, reader, write }: AcceptedStream<SessionIn, SessionOut>,
  context: StreamContext,
): Promise<void> {
  const { options, handler } = context;
  const ends: Ends = { from: peer.from, to: options.id };
  let received = 0;
  let processed = 0;
  let credited = 0;
  let pieces: Buffer[] = [];
  let pieceBytes = 0;

  const inbox = new Inbox(peer.from, {
    handler,
    processed: (bytes) => {
      processed += bytes;
      if (processed - credited < options.bulkWindowBytes / CREDIT_PART) return;
      credited = processed;
      write({ $case: 'credit', value: { processed } });
    },
  });

  function takeFrame(bytes: Buffer): void {
    if (bytes.byteLength > options.maxFrameBytes) throw tooLarge(bytes.byteLength);
    const frame = decodeFrame(bytes, ends);
    checkSenders(frame.messages, peer.from);
    if (frame.kind === FrameKind.bulk) {
      received += bytes.byteLength;
      if (received - bytes.byteLength - credited >= options.bulkWindowBytes)
        throw malformed('more than the credit given');
    }
    inbox.put(frame, bytes.byteLength);
  }

  function takePiece(piece: Buffer, last: boolean): void {
    if (!last && piece.byteLength < MIN_PIECE_BYTES) throw malformed(`a piece of ${piece.byteLength} bytes`);
    pieceBytes += piece.byteLength;
    if (pieceBytes > options.maxFrameBytes) throw tooLarge(pieceBytes);
    pieces.push(piece);
    if (!last) return;
    const whole = Buffer.concat(pieces, pieceBytes);
    pieces = [];
    pieceBytes = 0;
    takeFrame(whole);
  }

  function tooLarge(bytes: number): TransportError {
    const { maxFrameBytes } = options;
    return new TransportError('frame_too_large', `a frame of ${bytes} bytes; at most ${maxFrameBytes} are allowed`, {
      bytes,
      maxFrameBytes,
    });
  }

  function take(message: SessionIn): void {
    if (message.$case === 'frame') takeFrame(message.value);
    else if (message.$case === 'piece' || message.$case === 'lastPiece') {
      takePiece(message.value, message.$case === 'lastPiece');
    } else throw malformed(message.$case === 'unreadable' ? message.value : `${message.$case} on an open session`);
  }

  return new Promise<void>((resolve, reject) => {
    let failed = false;
    reader.handOn((message) => {
      if (failed) return;
      try {
        take(message);
      } catch (error) {
        failed = true;
        reject(error as Error);
      }
    }, resolve);
  }).finally(() => inbox.close());
}
