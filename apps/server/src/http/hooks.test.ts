import Fastify from 'fastify';
import { expect, it } from 'vitest';
import { ApiError } from './api-error.ts';
import { addHooks } from './hooks.ts';
import { parseQuery } from './query-text.ts';

/** Status and code of a read, and whether what was committed before it had arrived when it was answered. */
async function read(path: string, answer: (() => Promise<void>) | undefined): Promise<unknown[]> {
  let asked = 0;
  let arrived = false;
  const caughtUp =
    answer &&
    (async () => {
      asked += 1;
      await answer();
      arrived = true;
    });
  const fastify = Fastify({ routerOptions: { querystringParser: parseQuery } });
  fastify.setErrorHandler((error, _request, reply) => {
    const { status, code } = (error as unknown as ApiError).init;
    void reply.status(status).send(code);
  });
  addHooks(fastify, { nodeName: 'n', corsOrigins: [] }, { caughtUp });
  fastify.get('/v1/jobs', (_request, reply) => reply.send(String(arrived)));
  fastify.post('/v1/jobs', (_request, reply) => reply.send(String(arrived)));
  const { statusCode, body } = await fastify.inject({
    method: path.startsWith('POST') ? 'POST' : 'GET',
    url: path.replace('POST ', ''),
  });
  return [statusCode, body, asked];
}

const soon = () => new Promise<void>((resolve) => setImmediate(resolve));

it('?consistent waits until everything committed before is here, other requests do not', async () => {
  expect(await read('/v1/jobs?consistent', soon)).toEqual([200, 'true', 1]);
  expect(await read('/v1/jobs?consistent=true', soon)).toEqual([200, 'true', 1]);
  expect(await read('/v1/jobs?consistent=false', soon)).toEqual([200, 'false', 0]);
  expect(await read('/v1/jobs', soon)).toEqual([200, 'false', 0]);
  expect(await read('POST /v1/jobs?consistent', soon)).toEqual([200, 'false', 0]);
  expect(await read('/v1/jobs?consistent', undefined)).toEqual([200, 'false', 0]);
});

it('?consistent is refused without a leader, and when it is neither true nor false', async () => {
  const fail = () => Promise.reject(new Error('nobody leads'));
  expect(await read('/v1/jobs?consistent', fail)).toEqual([503, 'no_leader', 1]);
  expect(await read('/v1/jobs?consistent=maybe', soon)).toEqual([400, 'invalid_value', 0]);
});
