/** Services of any node: gRPC's own health and reflection on what it serves, and what it has for jobs. */
import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { Descriptors, HealthService, OldServerReflectionService, ServerReflectionService } from '@dkron/contracts/grpc';
import type { Timers } from '@dkron/runtime';
import type { HealthStates } from './health.ts';
import { healthHandlers } from './health.ts';
import { reflectionHandlers } from './reflection.ts';

export type { HealthStates } from './health.ts';
export type { Offered } from './offers.ts';
export { offersNodeService, offersOf } from './offers.ts';

export interface NodeService {
  readonly service: ServiceDefinition;
  readonly handlers: UntypedServiceImplementation;
}

/** Health and reflection for a node that serves `others` besides. */
export function nodeServices(
  health: HealthStates,
  others: readonly ServiceDefinition[],
  { timers }: { readonly timers: Timers },
): NodeService[] {
  const own = [HealthService, ServerReflectionService, OldServerReflectionService] as unknown as ServiceDefinition[];
  const reflection = reflectionHandlers([...others, ...own].flatMap(nameOf), () => new Descriptors());
  return [
    { service: HealthService as unknown as ServiceDefinition, handlers: healthHandlers(health, timers) },
    { service: ServerReflectionService as unknown as ServiceDefinition, handlers: reflection },
    { service: OldServerReflectionService as unknown as ServiceDefinition, handlers: reflection },
  ];
}

/** Services under names they had once are served and not told. */
function nameOf(service: ServiceDefinition): string[] {
  const name = Object.values(service)[0]?.path.split('/')[1] ?? '';
  return name.startsWith('types.') && !name.startsWith('types.v1.') ? [] : [name];
}
