import 'reflect-metadata';
import { clusterService, forwardService } from '@dkron/contracts';
import { SESSION_SERVER_OPTIONS } from '@dkron/agent-grpc';
import { nodeServices, type HealthStates } from '@dkron/agent-grpc/node-services';
import type { ServiceDefinition } from '@grpc/grpc-js';
import type { Timers } from '@dkron/runtime';
import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { HostPort } from '@dkron/config/parts';
import type { RawService } from './bound-server.ts';
import { BoundGrpcServer } from './bound-server.ts';
import type { ClusterAnswers } from './cluster.controller.ts';
import { ClusterGrpcController } from './cluster.controller.ts';
import type { AnswerForwarded } from './forward.controller.ts';
import { ForwardGrpcController } from './forward.controller.ts';
import { CLUSTER_ANSWERS, FORWARDED_REQUESTS } from './tokens.ts';

export interface GrpcModules {
  readonly cluster: ClusterAnswers;
  readonly forwarded: AnswerForwarded;
  /** Streams of consensus and of workers. */
  readonly raw: readonly RawService[];
  readonly health: HealthStates;
  readonly timers: Timers;
}

export interface GrpcServer {
  readonly port: number;
  /** Refuses new calls and ends those under way. */
  close(): Promise<void>;
}

@Module({})
class GrpcModule {
  static of({ cluster, forwarded }: GrpcModules): DynamicModule {
    return {
      module: GrpcModule,
      controllers: [ClusterGrpcController, ForwardGrpcController],
      providers: [
        { provide: CLUSTER_ANSWERS, useValue: cluster },
        { provide: FORWARDED_REQUESTS, useValue: forwarded },
      ],
    };
  }
}

/** Services by full name, as the generated code has them: nothing is read from `.proto` files at run time. */
const SERVICES = {
  'dkron.cluster.v1.ClusterService': clusterService,
  'dkron.server.v1.ForwardService': forwardService,
};

/** Opens the one port of gRPC. Rejects with grpc-js's error when the address cannot be had. */
export async function listenGrpc({ host, port }: HostPort, modules: GrpcModules): Promise<GrpcServer> {
  const at = host === '' ? '[::]' : host.includes(':') ? `[${host}]` : host;
  const { raw, health, timers } = modules;
  const others = [...Object.values(SERVICES), ...raw.map(({ service }) => service)] as unknown as ServiceDefinition[];
  const strategy = new BoundGrpcServer(
    {
      url: `${at}:${port}`,
      package: ['dkron.cluster.v1', 'dkron.server.v1'],
      packageDefinition: SERVICES,
      channelOptions: { ...SESSION_SERVER_OPTIONS },
    },
    [...raw, ...nodeServices(health, others, { timers })],
  );
  const app = await NestFactory.createMicroservice(GrpcModule.of(modules), { strategy, logger: false });
  await app.listen();
  return { port: strategy.port, close: () => app.close() };
}
