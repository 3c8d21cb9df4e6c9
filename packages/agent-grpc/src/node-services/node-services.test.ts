import { fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';
import type { Server, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { ChannelCredentials } from '@grpc/grpc-js';
import type { HealthCheckResponse, ServerReflectionResponse } from '@dkron/contracts/grpc';
import { HealthClient, ServerReflectionClient, ServingStatus } from '@dkron/contracts/grpc';
import { AgentServiceService } from '@dkron/contracts/types-v1';
import { systemTimers } from '@dkron/runtime/system';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serve } from '../../test/grpc-server.ts';
import { OldAgentService } from '../types-v1/old-names.ts';
import { nodeServices } from './index.ts';

let server: Server;
let health: HealthClient;
let reflection: ServerReflectionClient;
let ready = true;

beforeAll(async () => {
  const others = [AgentServiceService, OldAgentService] as unknown as ServiceDefinition[];
  const services = nodeServices({ '': () => true, ready: () => ready }, others, { timers: systemTimers });
  const pairs = services.map(({ service, handlers }) => [service, handlers]);
  const served = await serve(...(pairs as [ServiceDefinition, UntypedServiceImplementation][]));
  server = served.server;
  health = new HealthClient(served.address, ChannelCredentials.createInsecure());
  reflection = new ServerReflectionClient(served.address, ChannelCredentials.createInsecure());
});

afterAll(() => {
  health.close();
  reflection.close();
  server.forceShutdown();
});

const check = (service: string): Promise<number> =>
  new Promise((resolve, reject) => {
    health.check({ service }, (error, answer) => (error ? reject(error) : resolve(answer.status)));
  });

type Asked = Parameters<ReturnType<ServerReflectionClient['serverReflectionInfo']>['write']>[0]['messageRequest'];
const ask = (messageRequest: Asked): Promise<ServerReflectionResponse['messageResponse']> =>
  new Promise((resolve, reject) => {
    const call = reflection.serverReflectionInfo();
    call.on('error', reject);
    call.on('data', (answer: ServerReflectionResponse) => {
      resolve(answer.messageResponse);
      call.end();
    });
    call.write({ host: 'h', messageRequest });
  });

describe('health', () => {
  it('of the node, of a service, of one that is not there', async () => {
    expect(await check('')).toBe(ServingStatus.SERVING);
    ready = false;
    expect(await check('ready')).toBe(ServingStatus.NOT_SERVING);
    await expect(check('toString')).rejects.toThrow('NOT_FOUND');
  });

  it('watchers hear of changes', async () => {
    ready = false;
    const call = health.watch({ service: 'ready' });
    const seen: number[] = [];
    call.on('error', () => {});
    call.on('data', ({ status }: HealthCheckResponse) => void seen.push(status));
    await expect.poll(() => seen, { timeout: 20_000 }).toEqual([ServingStatus.NOT_SERVING]);
    ready = true;
    await expect.poll(() => seen, { timeout: 20_000 }).toEqual([ServingStatus.NOT_SERVING, ServingStatus.SERVING]);
    call.cancel();
  });
});

describe('reflection', () => {
  it('lists the services, without names that they had once', async () => {
    expect(await ask({ $case: 'listServices', value: '' })).toEqual({
      $case: 'listServicesResponse',
      value: {
        service: [
          { name: 'grpc.health.v1.Health' },
          { name: 'grpc.reflection.v1.ServerReflection' },
          { name: 'grpc.reflection.v1alpha.ServerReflection' },
          { name: 'types.v1.AgentService' },
        ],
      },
    });
  });

  it('tells how messages look', async () => {
    const answer = await ask({ $case: 'fileContainingSymbol', value: 'types.v1.AgentService' });
    if (answer?.$case !== 'fileDescriptorResponse') throw new Error(`answered ${answer?.$case}`);
    const names = answer.value.fileDescriptorProto.map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes).name);
    expect(names[0]).toBe('types/v1/agent.proto');
    const byName = await ask({ $case: 'fileByFilename', value: 'types/v1/agent.proto' });
    expect(byName).toEqual(answer);
  });

  it('what is not known is an answer, and the stream goes on', async () => {
    for (const asked of [
      { $case: 'fileByFilename', value: 'nope' },
      { $case: 'fileContainingSymbol', value: 'nope' },
      { $case: 'allExtensionNumbersOfType', value: 'types.v1.Job' },
      undefined,
    ] as const) {
      expect((await ask(asked))?.$case).toBe('errorResponse');
    }
  });
});
