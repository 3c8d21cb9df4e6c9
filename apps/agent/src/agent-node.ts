import { Inject, Injectable } from '@nestjs/common';
import { GrpcSessionTransport, SessionDialer } from '@dkron/agent-grpc';
import { addressOf } from '@dkron/config/parts';
import type { Ambient } from './ambient.ts';
import { JobsRunner } from './jobs-runner.ts';
import { Membership } from './membership.ts';
import type { AgentOptions } from './options.ts';
import { RpcServer } from './rpc-server.ts';
import { AGENT_OPTIONS, AMBIENT } from './tokens.ts';

const GOSSIP_PORT = 8946;

/** The parts of an agent in their order: worker, gRPC, gossip, session; and back. */
@Injectable()
export class AgentNode {
  readonly #options: AgentOptions;
  readonly #ambient: Ambient;
  readonly #runner: JobsRunner;
  readonly #rpc: RpcServer;
  readonly #membership: Membership;
  #dialer: SessionDialer | undefined;

  constructor(
    @Inject(AGENT_OPTIONS) options: AgentOptions,
    @Inject(AMBIENT) ambient: Ambient,
    @Inject(JobsRunner) runner: JobsRunner,
    @Inject(RpcServer) rpc: RpcServer,
    @Inject(Membership) membership: Membership,
  ) {
    this.#options = options;
    this.#ambient = ambient;
    this.#runner = runner;
    this.#rpc = rpc;
    this.#membership = membership;
  }

  /** Throws {@link StartError}; what was started is stopped again then. */
  async start(): Promise<void> {
    try {
      await this.#start();
    } catch (error) {
      await this.stop(0);
      throw error;
    }
  }

  /** Takes nothing new, waits up to `timeoutMs` for what runs, hands results over, leaves. */
  async stop(timeoutMs = this.#options.stopTimeout): Promise<void> {
    await this.#runner.stop(timeoutMs, () => this.#dialer?.stop());
    await this.#membership.leave();
    await this.#rpc.close();
    await this.#runner.close();
  }

  /** Whether a leader has welcomed this agent. */
  get connected(): boolean {
    return this.#runner.worker.connected;
  }

  /** Where others reach its gossip. */
  get gossipAddress(): { readonly ip: string; readonly port: number } | undefined {
    return this.#membership.address;
  }

  async #start(): Promise<void> {
    const { nodeName, advertiseAddr, bindAddr, rpcPort, advertiseRpcPort } = this.#options;
    const bind = addressOf('bind-addr', bindAddr, GOSSIP_PORT);
    const advertise = addressOf('advertise-addr', advertiseAddr || bindAddr, bind.port);
    await this.#runner.start();
    const port = await this.#rpc.listen({ host: bind.host, port: rpcPort });
    const { worker } = this.#runner;
    this.#dialer = new SessionDialer(
      {},
      {
        ...this.#ambient,
        worker,
        transport: new GrpcSessionTransport({}, this.#ambient),
        servers: () => this.#membership.servers(),
      },
    );
    const addresses = { bind, advertise, rpcPort: advertiseRpcPort || port };
    await this.#membership.start(addresses, () => this.#dialer?.wake());
    this.#dialer.start();
    const { ip, port: gossipPort } = this.gossipAddress ?? {};
    this.#ambient.logger.info('agent: ready', { node: nodeName, rpc_port: port, gossip: `${ip}:${gossipPort}` });
  }
}
