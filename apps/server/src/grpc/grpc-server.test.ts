import { ChannelCredentials, Client, status } from '@grpc/grpc-js';
import { clusterService, forwardService } from '@dkron/contracts';
import { systemTimers } from '@dkron/runtime/system';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GrpcServer } from './grpc-server.ts';
import { listenGrpc } from './grpc-server.ts';

const description = {
  name: 'a',
  region: 'global',
  birth: '01',
  boot: '02',
  state: 'fresh',
  expect: 3,
  clusterId: '',
  members: [],
  leader: { name: '', address: '' },
  software: 'test',
  featureMax: 3,
  wallMs: 4,
} as const;

let server: GrpcServer;
let client: Client;

beforeAll(async () => {
  server = await listenGrpc(
    { host: '127.0.0.1', port: 0 },
    {
      cluster: {
        describe: () => description,
        pledge: ({ from }) => Promise.resolve({ accepted: false, reason: `not for ${from}` }),
      },
      forwarded: ({ target, body }) =>
        Promise.resolve({ status: 201, headers: [{ name: 'x-at', value: target }], body }),
      raw: [],
      health: { '': () => true },
      timers: systemTimers,
    },
  );
  client = new Client(`127.0.0.1:${server.port}`, ChannelCredentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await server.close();
});

interface Method {
  readonly path: string;
  readonly requestSerialize: (value: never) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => unknown;
}

function call({ path, requestSerialize, responseDeserialize }: Method, request: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize as never, responseDeserialize, request as never, (error, answer) => {
      if (error === null) resolve(answer);
      else reject(error);
    });
  });
}

/** One request for each method that Nest serves: a handler under a wrong name would silently be missing. */
const REQUESTS: Readonly<Record<string, object>> = {
  [clusterService.describe.path]: {},
  [clusterService.pledge.path]: { from: 'b', record: { region: 'global', attempt: 1, members: [] } },
  [forwardService.forward.path]: { method: 'POST', target: '/v1/jobs', headers: [], body: new Uint8Array([1, 2]) },
};

describe('the services that Nest serves', () => {
  const methods = [...Object.values(clusterService), ...Object.values(forwardService)] as unknown as Method[];

  it.each(methods.map((method) => [method.path, method] as const))('%s has a handler', async (path, method) => {
    expect(REQUESTS[path]).toBeDefined();
    await expect(call(method, REQUESTS[path]!)).resolves.toBeDefined();
  });

  it('requests and answers are the objects of the domain', async () => {
    expect(await call(clusterService.describe as never, {})).toEqual(description);
    expect(await call(clusterService.pledge as never, REQUESTS[clusterService.pledge.path]!)).toEqual({
      accepted: false,
      reason: 'not for b',
    });
    expect(await call(forwardService.forward as never, REQUESTS[forwardService.forward.path]!)).toMatchObject({
      status: 201,
      headers: [{ name: 'x-at', value: '/v1/jobs' }],
    });
  });

  it('an unknown service is unimplemented', async () => {
    const unknown = { ...clusterService.describe, path: '/types.v1.Nothing/Describe' } as unknown as Method;
    await expect(call(unknown, {})).rejects.toMatchObject({ code: status.UNIMPLEMENTED });
  });
});
