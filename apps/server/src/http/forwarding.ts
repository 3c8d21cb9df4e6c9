import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ForwardedAnswer, ForwardedHeader, ForwardedRequest } from '@dkron/contracts';
import { ApiError } from './api-error.ts';
import { typeAsSent, wholeBody } from './body-streams.ts';
import { pathOf } from './request-target.ts';

/** Where a write belongs now. */
export type WritePlace =
  | { readonly kind: 'here' }
  | { readonly kind: 'leader'; readonly name: string; readonly address: string };

export interface Forwarding {
  /** Whether this server leads: asked for every write. */
  leads(): boolean;
  /** Waits for a leader, not for long; undefined = there is none. */
  place(): Promise<WritePlace | undefined>;
  /** @param signal the client is gone */
  send(address: string, request: ForwardedRequest, signal: AbortSignal): Promise<ForwardedAnswer>;
}

/** Set on what another server passed on: it is passed on once only. */
export const FORWARDED_BY = 'x-dkron-forwarded-by';
/** Of one connection, or set anew by either side. */
const NOT_PASSED = new Set([
  'connection',
  'content-length',
  'date',
  'expect',
  'host',
  'keep-alive',
  // Judged by the server that was asked, whose host it has to be.
  'origin',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-request-id',
  'x-whom',
]);
/** Concern the server that is asked. */
const LOCAL_PATHS: ReadonlySet<string> = new Set(['/v1/leave']);
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** Writes go to the leader, whichever server they reach: with the answer of the leader, byte for byte. */
export function addForwarding(fastify: FastifyInstance, nodeName: string, forwarding: Forwarding): void {
  /** A streamed body is passed on whole: of these, as large as they may be, there is one in memory. */
  let gathering = false;
  fastify.addHook('preHandler', (request, reply, done) => {
    if (READS.has(request.method) || forwarding.leads() || request.is404 || LOCAL_PATHS.has(pathOf(request.url))) {
      return done();
    }
    const streamed = request.body instanceof Readable;
    if (streamed && gathering) return done(busy());
    gathering ||= streamed;
    passOn(request, reply, nodeName, forwarding)
      .finally(() => {
        if (streamed) gathering = false;
      })
      .then(
        (here) => (here ? done() : undefined),
        (error: unknown) => done(error as Error),
      );
  });
}

/** @returns whether the request is to be handled here */
async function passOn(
  request: FastifyRequest,
  reply: FastifyReply,
  nodeName: string,
  forwarding: Forwarding,
): Promise<boolean> {
  const place = await forwarding.place();
  // Without a leader too: what is wrong with a request is said first, and then the log refuses it.
  if (place === undefined || place.kind === 'here') return true;
  if (request.headers[FORWARDED_BY] !== undefined) throw noLeader(`${place.name} leads, not this server; ask again`);
  const abort = new AbortController();
  reply.raw.once('close', () => abort.abort());
  const headers = [...passed({ ...request.headers, ...typeAsSent(request) }), { name: FORWARDED_BY, value: nodeName }];
  headers.push({ name: 'x-request-id', value: request.id });
  const body = await wholeBody(request.body);
  const { method, originalUrl: target } = request;
  const answer = await forwarding
    .send(place.address, { method, target, headers, body }, abort.signal)
    .catch((error: Error) => {
      throw noLeader(
        `${place.name} leads, but did not answer: ${error.message}; whether the request took effect is not known`,
      );
    });
  void reply.status(answer.status);
  for (const { name, value } of answer.headers) if (!NOT_PASSED.has(name)) void reply.header(name, value);
  // Bytes without a type would be given one.
  void (answer.body.length === 0 ? reply.send() : reply.send(Buffer.from(answer.body)));
  return false;
}

/** Handles what another server passed on, as if it had come by HTTP. */
export async function answerForwarded(fastify: FastifyInstance, request: ForwardedRequest): Promise<ForwardedAnswer> {
  const answer = await fastify.inject({
    method: request.method as 'POST',
    url: request.target,
    headers: Object.fromEntries(request.headers.map(({ name, value }) => [name, value])),
    payload: Buffer.from(request.body),
  });
  return { status: answer.statusCode, headers: passed(answer.headers), body: answer.rawPayload };
}

function passed(headers: Readonly<Record<string, unknown>>): ForwardedHeader[] {
  return Object.entries(headers)
    .filter(([name, value]) => value !== undefined && !NOT_PASSED.has(name))
    .map(([name, value]) => ({ name, value: String(value) }));
}

function busy(): ApiError {
  const message = 'this server passes a backup on to the leader; try again later, or ask the leader';
  return new ApiError({ status: 409, code: 'not_supported', message });
}

function noLeader(message: string): ApiError {
  return new ApiError({ status: 503, code: 'no_leader', message, plain: message });
}
