import { implicit, optionalBytes } from '../wire/field.ts';
import { flag, raw, text, whole } from '../wire/kind.ts';
import { decode, encode, message, type Message } from '../wire/message.ts';
import { asBuffer } from './as-buffer.ts';

/** Whose output is asked for. */
export interface WatchedOutput {
  readonly executionId: string;
}

/** A piece of live output. */
export interface OutputPiece {
  readonly attempt: number;
  /** Bytes of this attempt before this piece. */
  readonly offset: number;
  readonly data: Uint8Array;
  readonly stderr: boolean;
}

const request: Message<WatchedOutput> = message('WatchRequest', { executionId: implicit(1, text, '') });

const piece: Message<OutputPiece> = message('WatchResponse', {
  attempt: implicit(1, whole, 0),
  offset: implicit(2, whole, 0),
  data: optionalBytes(3, raw),
  stderr: implicit(4, flag, false),
});

/** A newer peer may send fields that we do not know yet. */
const LENIENT = { strict: false } as const;

/** `dkron.server.v1.OutputService` as a grpc-js service definition, for both ends. */
export const outputService = {
  watch: {
    path: '/dkron.server.v1.OutputService/Watch',
    requestStream: false,
    responseStream: true,
    requestSerialize: (value: WatchedOutput): Buffer => asBuffer(encode(request, value)),
    requestDeserialize: (bytes: Buffer): WatchedOutput => decode(request, bytes, LENIENT),
    responseSerialize: (value: OutputPiece): Buffer => asBuffer(encode(piece, value)),
    responseDeserialize: (bytes: Buffer): OutputPiece => decode(piece, bytes, LENIENT),
  },
} as const;
