/** Every executor of this package, as the nodes have them. */
import type { Timers } from '@dkron/runtime';
import { dockerExecutor } from '../docker/index.ts';
import { gcppubsubExecutor } from '../gcppubsub/index.ts';
import { grpcExecutor } from '../grpc/index.ts';
import { httpExecutor } from '../http/index.ts';
import { kafkaExecutor } from '../kafka/index.ts';
import { natsExecutor } from '../nats/index.ts';
import { rabbitmqExecutor } from '../rabbitmq/index.ts';
import { scriptExecutor } from '../script/index.ts';
import { shellExecutor } from '../shell/index.ts';
import type { SpawnHelper } from '../spawn-helper/index.ts';
import type { Executor } from '../types.ts';

/** What the executors are given. */
export interface AllExecutorsModules {
  /** Stays the caller's to close. */
  readonly spawnHelper: SpawnHelper;
  readonly timers: Timers;
}

/** Those that need a package of their own load it when a job first asks for it. */
export function allExecutors(modules: AllExecutorsModules): Executor[] {
  return [
    shellExecutor({}, modules),
    scriptExecutor({}, modules),
    grpcExecutor({}, modules),
    httpExecutor({}, modules),
    kafkaExecutor({}, modules),
    natsExecutor({}, modules),
    rabbitmqExecutor({}, modules),
    gcppubsubExecutor({}, modules),
    dockerExecutor({}, modules),
  ];
}
