import type { ServiceDefinition } from '@grpc/grpc-js';
import { agentHandlers, OldAgentService, ResultDelivery } from '@dkron/agent-grpc/types-v1';
import type { ResultDeliveryModules } from '@dkron/agent-grpc/types-v1';
import { AgentServiceService } from '@dkron/contracts/types-v1';
import type { LocalWorker } from '../local-worker.ts';
import type { ServerOptions } from '../options.ts';
import type { RawService } from './bound-server.ts';

/** `servers`: addresses of alive servers of the region, this one among them. */
interface Modules extends ResultDeliveryModules {
  readonly worker: LocalWorker;
}

export interface AgentServices {
  readonly raw: readonly RawService[];
  close(): void;
}

/** The original's service of every node, under the name it has and under the one it had: runs jobs for its leaders. */
export function agentServices({ nodeName, killGrace }: ServerOptions, modules: Modules): AgentServices {
  const delivery = new ResultDelivery(modules);
  const handlers = agentHandlers({
    ...modules,
    nodeName,
    killGraceMs: killGrace,
    run: (run, observer) => modules.worker.direct.run(run, observer),
    deliver: (execution) => delivery.add(execution),
  });
  const services = [AgentServiceService, OldAgentService] as unknown as ServiceDefinition[];
  return { raw: services.map((service) => ({ service, handlers })), close: () => delivery.stop() };
}
