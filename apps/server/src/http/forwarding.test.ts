import { fastify as createFastify } from 'fastify';
import { afterEach, expect, it } from 'vitest';
import { ApiError } from './api-error.ts';
import { takeBodiesAsStreams } from './body-streams.ts';
import type { Forwarding } from './forwarding.ts';
import { addForwarding } from './forwarding.ts';

const fastify = createFastify();
afterEach(() => fastify.close());

it('a follower holds one streamed body at a time', async () => {
  const release = Promise.withResolvers<void>();
  const sent: number[] = [];
  const forwarding: Forwarding = {
    leads: () => false,
    place: async () => ({ kind: 'leader', name: 'b', address: 'b:1' }),
    send: async (_address, { body }) => {
      sent.push(body.length);
      await release.promise;
      return { status: 200, headers: [], body: new Uint8Array() };
    },
  };
  takeBodiesAsStreams(fastify);
  addForwarding(fastify, 'a', forwarding);
  fastify.setErrorHandler((error, _request, reply) =>
    reply.status(error instanceof ApiError ? error.init.status : 500).send(),
  );
  fastify.put('/v1/snapshot', () => expect.fail('was handled here'));
  const url = await fastify.listen({ host: '127.0.0.1', port: 0 });
  const put = (body: string): Promise<number> =>
    fetch(`${url}/v1/snapshot`, { method: 'PUT', body }).then(({ status }) => status);

  const first = put('0123456789');
  await expect.poll(() => sent).toEqual([10]);
  expect(await put('0123456789')).toBe(409);
  release.resolve();
  expect(await first).toBe(200);
  expect(await put('012')).toBe(200);
  expect(sent).toEqual([10, 3]);
});
