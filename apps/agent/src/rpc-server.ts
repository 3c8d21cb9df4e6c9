import type { sendUnaryData, ServerUnaryCall, ServiceDefinition } from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import { SESSION_SERVER_OPTIONS } from '@dkron/agent-grpc';
import { nodeServices, offersNodeService } from '@dkron/agent-grpc/node-services';
import { agentHandlers, OldAgentService, ResultDelivery } from '@dkron/agent-grpc/types-v1';
import type { Description } from '@dkron/cluster';
import { listening, type HostPort } from '@dkron/config/parts';
import { clusterService } from '@dkron/contracts';
import { AgentServiceService } from '@dkron/contracts/types-v1';
import type { Ambient } from './ambient.ts';
import { JobsRunner } from './jobs-runner.ts';
import { Membership } from './membership.ts';
import type { AgentOptions } from './options.ts';
import { AGENT_OPTIONS, AMBIENT } from './tokens.ts';
import { VERSION } from './version.ts';

const { describe } = clusterService;

/** What others call on this agent: `Describe`, and `AgentRun` of leaders of the original. */
@Injectable()
export class RpcServer {
  readonly #options: AgentOptions;
  readonly #ambient: Ambient;
  readonly #runner: JobsRunner;
  readonly #delivery: ResultDelivery;
  readonly #server = new Server(SESSION_SERVER_OPTIONS);
  readonly #boot: string;

  constructor(
    @Inject(AGENT_OPTIONS) options: AgentOptions,
    @Inject(AMBIENT) ambient: Ambient,
    @Inject(JobsRunner) runner: JobsRunner,
    @Inject(Membership) membership: Membership,
  ) {
    this.#options = options;
    this.#ambient = ambient;
    this.#runner = runner;
    this.#boot = Buffer.from(ambient.random.bytes(16)).toString('hex');
    const servers = (): string[] => membership.servers().map(({ address }) => address);
    this.#delivery = new ResultDelivery({ ...ambient, servers });
  }

  /** Resolves with the port. Throws {@link StartError} when it cannot listen. */
  async listen({ host, port }: HostPort): Promise<number> {
    const agent = agentHandlers({
      ...this.#ambient,
      nodeName: this.#options.nodeName,
      killGraceMs: this.#options.killGrace,
      run: (run, observer) => this.#runner.direct.run(run, observer),
      deliver: (execution) => this.#delivery.add(execution),
    });
    const cluster = {
      describe: (_call: ServerUnaryCall<object, Description>, callback: sendUnaryData<Description>) =>
        callback(null, this.#description()),
    };
    const services = [AgentServiceService, OldAgentService, { describe }] as unknown as ServiceDefinition[];
    services.forEach((service, at) => this.#server.addService(service, at < 2 ? agent : cluster));
    const offers = offersNodeService(() => this.#runner.offers());
    this.#server.addService(offers.service, offers.handlers);
    const health = { '': () => true, ready: () => this.#runner.worker.connected };
    for (const { service, handlers } of nodeServices(health, [...services, offers.service], this.#ambient)) {
      this.#server.addService(service, handlers);
    }
    return listening('rpc-port', { host, port }, (at) => this.#bind(at));
  }

  async close(): Promise<void> {
    this.#delivery.stop();
    await new Promise<void>((resolve) => {
      const { timers } = this.#ambient;
      const cancel = timers.after(CLOSE_MS, () => this.#server.forceShutdown());
      this.#server.tryShutdown(() => {
        cancel();
        resolve();
      });
    });
  }

  #bind({ host, port }: HostPort): Promise<number> {
    const address = `${host.includes(':') ? `[${host}]` : host || '0.0.0.0'}:${port}`;
    return new Promise((resolve, reject) => {
      this.#server.bindAsync(address, ServerCredentials.createInsecure(), (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      });
    });
  }

  #description(): Description {
    const { nodeName, region } = this.#options;
    return {
      name: nodeName,
      region,
      birth: '',
      boot: this.#boot,
      state: 'agent',
      expect: 0,
      clusterId: '',
      members: [],
      leader: { name: '', address: '' },
      software: `dkron-ts ${VERSION}`,
      featureMax: 0,
      wallMs: 0,
    };
  }
}

/** Open calls may end by themselves for so long. */
const CLOSE_MS = 500;
