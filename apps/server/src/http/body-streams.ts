import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from './api-error.ts';

/** Of this server's own making: what comes with it from outside is bytes like everything else. */
const STREAM_TYPE = 'application/vnd.dkron.stream';
const BYTES_TYPE = 'application/octet-stream';

/** Bytes of a body that is read as it comes. */
export const STREAM_BYTES_MAX = 256 * 1024 * 1024;
const STREAMED: ReadonlySet<string> = new Set(['/v1/snapshot']);

/** Whether bodies of this route are handed on as they come, and not gathered first. */
export function isStreamed(route: string | undefined): boolean {
  return route !== undefined && STREAMED.has(route);
}

/** What stood in the header before it said how the body is to be read. */
export function typeAsSent({ headers }: FastifyRequest): { readonly 'content-type'?: string } {
  return headers['content-type'] === STREAM_TYPE ? { 'content-type': BYTES_TYPE } : {};
}

/** Gives the bodies of such routes as a stream that ends with an error when it grows too long. */
export function takeBodiesAsStreams(fastify: FastifyInstance): void {
  fastify.addHook('preParsing', (request, _reply, payload, done) => {
    const { headers } = request.raw;
    if (isStreamed(request.routeOptions.url)) headers['content-type'] = STREAM_TYPE;
    else if (headers['content-type'] === STREAM_TYPE) delete headers['content-type'];
    done(null, payload);
  });
  fastify.addContentTypeParser(STREAM_TYPE, (_request, payload, done) => {
    done(null, Readable.from(limited(payload), { objectMode: false }));
  });
}

async function* limited(payload: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for await (const chunk of payload) {
    bytes += chunk.length;
    if (bytes > STREAM_BYTES_MAX) {
      const message = `the body is larger than ${STREAM_BYTES_MAX} bytes`;
      throw new ApiError({ status: 413, code: 'too_large', message });
    }
    yield chunk;
  }
}

/** All of a body, whichever way it came. */
export async function wholeBody(body: unknown): Promise<Buffer> {
  if (Buffer.isBuffer(body)) return body;
  if (!(body instanceof Readable)) return Buffer.alloc(0);
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
