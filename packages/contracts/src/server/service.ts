import { implicit, list, optionalBytes } from '../wire/field.ts';
import { raw, text, whole } from '../wire/kind.ts';
import { decode, encode, message, sub, type Message } from '../wire/message.ts';
import { asBuffer } from './as-buffer.ts';

/** One header of a request or answer. */
export interface ForwardedHeader {
  readonly name: string;
  readonly value: string;
}

/** A request of the REST API, as it reached a server that does not lead. */
export interface ForwardedRequest {
  readonly method: string;
  /** Path and query. */
  readonly target: string;
  readonly headers: readonly ForwardedHeader[];
  readonly body: Uint8Array;
}

/** What the leader answered. */
export interface ForwardedAnswer {
  readonly status: number;
  readonly headers: readonly ForwardedHeader[];
  readonly body: Uint8Array;
}

const header: Message<ForwardedHeader> = message('Header', {
  name: implicit(1, text, ''),
  value: implicit(2, text, ''),
});

const request: Message<ForwardedRequest> = message('ForwardRequest', {
  method: implicit(1, text, ''),
  target: implicit(2, text, ''),
  headers: list(3, sub(header)),
  body: optionalBytes(4, raw),
});

const answer: Message<ForwardedAnswer> = message('ForwardResponse', {
  status: implicit(1, whole, 0),
  headers: list(2, sub(header)),
  body: optionalBytes(3, raw),
});

/** A newer peer may send fields that we do not know yet. */
const LENIENT = { strict: false } as const;

/**
 * `dkron.server.v1.ForwardService` as a grpc-js service definition. For both ends: `server.addService(forwardService, …)`,
 * `client.makeUnaryRequest(forwardService.forward.path, …)`.
 */
export const forwardService = {
  forward: {
    path: '/dkron.server.v1.ForwardService/Forward',
    requestStream: false,
    responseStream: false,
    requestSerialize: (value: ForwardedRequest): Buffer => asBuffer(encode(request, value)),
    requestDeserialize: (bytes: Buffer): ForwardedRequest => decode(request, bytes, LENIENT),
    responseSerialize: (value: ForwardedAnswer): Buffer => asBuffer(encode(answer, value)),
    responseDeserialize: (bytes: Buffer): ForwardedAnswer => decode(answer, bytes, LENIENT),
  },
} as const;
