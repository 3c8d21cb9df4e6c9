import type { FastifyReply } from 'fastify';
import { ApiError } from '../http/api-error.ts';
import type { Connection } from './connection.ts';
import type { Streams } from './streams.ts';

/** Turns an answer into a stream of events, with the headers it has so far. Throws ApiError 503 when there are too many. */
export function openStream(streams: Streams, reply: FastifyReply): Connection {
  if (streams.isFull) {
    const message = `${streams.size} streams of events are open on this server, which is as many as it takes (http-max-streams)`;
    throw new ApiError({ status: 503, code: 'not_supported', message });
  }
  reply.hijack();
  reply.raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
  });
  reply.raw.flushHeaders();
  return streams.add(reply.raw);
}
