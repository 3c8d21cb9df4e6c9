import { SessionDialer } from '@dkron/agent-grpc';
import type { Description } from '@dkron/cluster';
import { encodeNodeTags, serversOf } from '@dkron/cluster';
import type { Random } from '@dkron/runtime';
import { noMetrics } from '@dkron/runtime';
import { Journal, Worker } from '@dkron/worker';
import type { SimPool } from '../world/gossip.ts';
import type { NodeTime } from '../world/node-time.ts';
import type { SimExecutor } from '../world/sim-executor.ts';
import { Machine, STOP_TIMEOUT_MS } from './machine.ts';

const REGION = 'global';
const RPC_PORT = 6868;
const JOIN_AGAIN_MS = 2000;
/** Until the others have heard the goodbye. */
const LEAVING_MS = 1000;

/** An agent: gossip, worker and session, on a simulated machine. */
export class SimAgent extends Machine {
  worker: Worker | undefined;
  #pool: SimPool | undefined;
  #dialer: SessionDialer | undefined;

  get description(): Description {
    const nobody = { name: '', address: '' };
    const own = {
      name: this.name,
      region: REGION,
      birth: '',
      boot: '',
      software: '',
      featureMax: 0,
      wallMs: 0,
      leader: nobody,
    };
    return { ...own, state: 'agent', expect: 0, clusterId: '', members: [] };
  }

  /** Says goodbye to the pool, and ends. */
  leave(): void {
    this.#pool?.leave();
    this.excused = true;
    const { downs } = this;
    this.world.time.after(3000, () => {
      if (this.downs === downs) this.crash('kill');
    });
  }

  get ready(): boolean {
    return this.up && this.#dialer !== undefined;
  }

  protected async halt(): Promise<void> {
    const [worker, dialer, pool, process] = [this.worker!, this.#dialer!, this.#pool!, this.process!];
    await worker.stop({ timeoutMs: STOP_TIMEOUT_MS }).finally(() => dialer.stop());
    pool.leave();
    await process.sleep(LEAVING_MS);
  }

  protected async boot(process: NodeTime, executor: SimExecutor, random: Random): Promise<void> {
    const { world } = this;
    const logger = world.logger(this.name);
    const ambient = { clock: process, timers: process, random, logger, metrics: noMetrics };
    const journal = await Journal.open(
      {},
      {
        ...ambient,
        storage: this.journal.mount(process, () => this.syncMs()),
        processes: { killGroup: () => false },
      },
    );
    const { slots } = world.plan.options;
    const worker = new Worker({ node: this.name, region: REGION, slots }, { ...ambient, journal, executors: executor });
    this.worker = worker;
    const pool = world.gossip.start(this, process, this.#tags());
    this.#pool = pool;
    const servers = (): { name: string; address: string }[] =>
      serversOf(pool.members(), REGION)
        .filter(({ status }) => status === 'alive')
        .map(({ name, rpcAddress }) => ({ name, address: rpcAddress }));
    const dialer = new SessionDialer(
      {},
      {
        ...ambient,
        worker: world.checks.worker(this.name, process, worker),
        transport: world.sessions.transport(this, process),
        servers,
      },
    );
    pool.on('memberChange', () => dialer.wake());
    const join = (): void => {
      const targets = world.servers.map(({ name }) => name);
      if (servers().length === 0) pool.join(targets).catch(() => undefined);
      process.after(JOIN_AGAIN_MS, join);
    };
    join();
    dialer.start();
    this.#dialer = dialer;
  }

  protected ended(): void {
    this.worker = undefined;
    this.#pool = undefined;
    this.#dialer = undefined;
  }

  #tags(): Record<string, string> {
    const rpc = { ip: this.ip, port: RPC_PORT };
    const facts = { region: REGION, datacenter: 'dc1', version: '4.1.0', server: false, expect: 0, rpc };
    return encodeNodeTags({ ...facts, user: { kind: 'agent' } });
  }
}
