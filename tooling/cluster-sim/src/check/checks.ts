import type { SessionWorker } from '@dkron/agent-grpc';
import type { Command, CommandResults, SessionChannel, SessionReceiver, ToServer, ToWorker } from '@dkron/jobs';
import type { Message } from '@dkron/raft';
import type { TraceHash } from '@dkron/raft/testing';
import type { Random } from '@dkron/runtime';
import type { Engine, ReplicatedLog } from '@dkron/scheduler';
import type { ServerCore } from '@dkron/server/wiring';
import type { Store } from '@dkron/store';
import type { SimServer } from '../nodes/sim-server.ts';
import type { NodeTime } from '../world/node-time.ts';
import type { PhysicalRun } from '../world/sim-executor.ts';
import type { World } from '../world/world.ts';
import { must } from './broken.ts';
import { History, isFinal } from './history.ts';
import { Leases } from './leases.ts';
import { PhysicalRuns } from './physical-runs.ts';
import { Replicas } from './replicas.ts';
import { watchWorker } from './worker-watch.ts';

/** Looks at everything that servers decide, send and store, and at what really runs. Fails the run at the first lie. */
export class Checks {
  readonly history: History;
  readonly replicas: Replicas;
  readonly physical: PhysicalRuns;
  readonly leases: Leases;
  readonly #echoes: Random;
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
    const mark = (name: string): void => world.mark(name);
    this.history = new History({ nowMs: () => world.nowMs, mark });
    this.replicas = new Replicas(this.history, world);
    this.physical = new PhysicalRuns(this.history, world);
    this.leases = new Leases(this.history, world);
    this.#echoes = world.random.fork('echoes');
  }

  /** Everything that was decided and ran enters the hash of the run. */
  addTo(hash: TraceHash): void {
    this.replicas.addTo(hash);
    for (const { executionId, attempt, startedMs, endedMs } of this.physical.byAttempt.values()) {
      hash.addText(`${executionId} ${attempt} ${startedMs} ${endedMs}`);
    }
    for (const { execution } of this.history.executions.values()) hash.addText(`${execution.id} ${execution.state}`);
  }

  /** A process has read back its store. */
  opened(server: SimServer, store: Store): void {
    this.replicas.opened(server, store);
  }

  consensus(server: SimServer, core: ServerCore): void {
    this.replicas.consensus(server, core);
  }

  sent(server: SimServer, message: Message): void {
    this.replicas.sent(server, message);
  }

  /** The log as the scheduler sees it: nothing is decided by one who may not lead any more. */
  log(server: SimServer, { consensus }: ServerCore): ReplicatedLog {
    const { log } = consensus;
    const world = this.#world;
    return {
      leadershipValid: () => log.leadershipValid(),
      term: () => log.term(),
      propose: (command) => {
        if (command.type === 'decideTicks' || command.type === 'startRuns') {
          world.guard(() => {
            const text = (): string => `${server.name} proposes ${command.type} and does not lead`;
            must(log.leadershipValid(), 'DeposedSilent', text);
            this.replicas.onlyLeader(server, 'proposes');
          });
        }
        world.guard(() => this.leases.proposed(log.term(), command));
        const answer = log.propose(command);
        answer.then(
          (result) => {
            world.guard(() => this.#letGo(command, result));
            this.#echo(server, log, command);
          },
          () => undefined,
        );
        return answer;
      },
    };
  }

  /** What the engine says to workers, and when it begins. */
  engine(server: SimServer, { consensus, store }: ServerCore, engine: Engine): void {
    const world = this.#world;
    const { node } = consensus;
    const accept = engine.accept.bind(engine);
    engine.accept = (channel: SessionChannel<ToWorker>): SessionReceiver<ToServer> =>
      accept({
        send: (messages) => {
          world.guard(() => {
            for (const message of messages) this.#toWorker(server, message, () => node.leadershipValid());
          });
          channel.send(messages);
        },
        close: (reason) => channel.close(reason),
      });
    const start = engine.start.bind(engine);
    engine.start = () => {
      world.mark('leadership gained');
      world.guard(() => this.replicas.gained(server, store));
      start();
    };
  }

  /** A worker with an eye on what it is told and what it says. */
  worker(node: string, process: NodeTime, worker: SessionWorker): SessionWorker {
    return watchWorker(worker, {
      process,
      dispatched: (id, attempt, term) =>
        this.#world.guard(() => this.physical.dispatched(node, process, { id, attempt, term })),
      welcomed: (term) => this.physical.welcomed(node, process, term),
      heard: (term, sinceMs) => this.leases.heard(node, process, { term, sinceMs }),
      nowMs: () => this.#world.nowMs,
      acknowledged: (id, attempt) => this.#world.guard(() => this.#acknowledged(node, id, attempt)),
    });
  }

  started(run: PhysicalRun, process: NodeTime): void {
    this.#world.guard(() => this.physical.started(run, process));
  }

  ended(run: PhysicalRun): void {
    this.#world.guard(() => this.physical.ended(run));
  }

  /** A slot that is let go although nobody confirmed the end is on record. */
  #letGo(command: Command, result: unknown): void {
    if (command.type !== 'executionUpdates') return;
    const { results } = result as CommandResults['executionUpdates'];
    for (const [i, update] of command.updates.entries()) {
      if (update.kind !== 'released' || update.confirmed || results[i] !== 'applied') continue;
      const known = this.history.executions.get(update.id);
      must(
        known === undefined || known.released,
        'ForbidSlot',
        () => `the slot of ${update.id} is let go without a record`,
      );
    }
  }

  /** Whoever does not know what became of a proposal may make it again: the second one changes nothing. */
  #echo(server: SimServer, log: ReplicatedLog, command: Command): void {
    const world = this.#world;
    const { echoPermille } = world.plan;
    const repeatable =
      command.type === 'decideTicks' ||
      (command.type === 'executionUpdates' &&
        command.updates.every(
          (update) => update.kind === 'finished' && (update.state === 'success' || update.state === 'failed'),
        ));
    if (!repeatable || world.healed || this.#echoes.nextInt(1000) >= echoPermille) return;
    server.process?.after(1 + this.#echoes.nextInt(3000), () => {
      world.mark('proposed again');
      log.propose(command).catch(() => undefined);
    });
  }

  #toWorker(server: SimServer, message: ToWorker, leads: () => boolean): void {
    const { type } = message;
    if (type === 'dispatch' || type === 'pong') {
      must(leads(), 'DeposedSilent', () => `${server.name} sends ${type} and does not lead`);
      this.replicas.onlyLeader(server, `sends ${type}`);
    }
    if (type !== 'dispatch') return;
    const { id, attempt } = message.dispatch;
    const known = this.history.executions.get(id)?.execution;
    must(
      known?.attempt === attempt,
      'DecideBeforeDispatch',
      () => `${server.name} sends ${id} attempt ${attempt}: ${known?.attempt}`,
    );
    this.#world.mark('dispatched');
  }

  /** A worker may forget its result: whoever leads has it. */
  #acknowledged(node: string, id: string, attempt: number): void {
    const known = this.history.executions.get(id);
    if (known === undefined || known.execution.attempt !== attempt) return;
    const { state, jobName } = known.execution;
    const { history } = this;
    if (state === 'lost' && known.job !== undefined && history.jobs.get(jobName) === known.job) {
      must(
        history.isSuperseded(known),
        'LostProvisional',
        () => `${node} told what came of ${id}, which stays lost though nothing is newer`,
      );
    }
    must(isFinal(known.execution.state), 'AckMeansCommitted', () => {
      return `${node} was told that the result of ${id} is stored, but it is ${known.execution.state}`;
    });
  }
}
