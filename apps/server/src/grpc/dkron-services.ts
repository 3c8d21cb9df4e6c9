import type { ServiceDefinition } from '@grpc/grpc-js';
import type { DkronPort } from '@dkron/agent-grpc/types-v1';
import { dkronHandlers, Forwarder, OldDkronService } from '@dkron/agent-grpc/types-v1';
import { DkronService } from '@dkron/contracts/types-v1';
import type { Logger, Timers } from '@dkron/runtime';
import type { RawService } from './bound-server.ts';

export interface DkronServices {
  readonly raw: readonly RawService[];
  close(): void;
}

interface Modules {
  readonly port: DkronPort;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** The original's service of servers, under the name it has and under the one it had. */
export function dkronServices(modules: Modules): DkronServices {
  const forwarder = new Forwarder();
  const handlers = dkronHandlers({ ...modules, forwarder });
  const services = [DkronService, OldDkronService] as unknown as ServiceDefinition[];
  return { raw: services.map((service) => ({ service, handlers })), close: () => forwarder.close() };
}
