import { NO_JOURNAL } from '@dkron/jobs';
import type {
  Dispatch,
  Execution,
  ExecutionId,
  FinishedReport,
  HelloItem,
  SessionChannel,
  SessionReceiver,
  ToServer,
  ToWorker,
} from '@dkron/jobs';
import type { Cancel, Logger } from '@dkron/runtime';
import { ZERO_TIME } from '@dkron/runtime';
import { memorySession } from '../../memory/memory-session.ts';
import type { AcceptSession, SessionWorker } from '../../session/ports.ts';
import type { CallModules } from './call-agent.ts';
import { GoRun } from './go-run.ts';
import type { GoAgentsSettings } from './options.ts';
import { Outbox } from './outbox.ts';

/** An agent of the original, as membership knows it. */
export interface GoMember {
  readonly name: string;
  /** host:port of its gRPC server. */
  readonly address: string;
  readonly alive: boolean;
}

/** Reads of the applied state. */
export interface GoAgentsView {
  getExecution(id: ExecutionId): Execution | undefined;
  /** Pending or running. */
  openExecutions(): Iterable<Execution>;
}

export interface GoAgentModules extends CallModules {
  readonly view: GoAgentsView;
  readonly settings: GoAgentsSettings;
  /** Pending when leadership was gained: an earlier leader may have sent them. */
  readonly inherited: ReadonlySet<ExecutionId>;
  readonly region: string;
  readonly logger: Logger;
}

/** Executions at a time on one agent; the original has no limit. */
const SLOTS = 10_000;

/**
 * Stands in for an agent of the original in a session with the engine: takes dispatches and runs them there by
 * `AgentRun`. What an earlier leader may have sent is not sent again.
 */
export class GoAgent implements SessionWorker {
  #member: GoMember;
  readonly #modules: GoAgentModules;
  readonly #runs = new Map<ExecutionId, GoRun>();
  /** Results that the engine has not committed. */
  readonly #ended = new Map<ExecutionId, { readonly attempt: number; readonly report: FinishedReport }>();
  readonly #watched = new Set<ExecutionId>();
  #outbox: Outbox | undefined;
  #closeSession: (() => void) | undefined;
  #ping: Cancel = () => {};

  constructor(member: GoMember, modules: GoAgentModules) {
    this.#member = member;
    this.#modules = modules;
  }

  /** A new word of membership. An agent that is alive and has no session gets one. */
  update(member: GoMember, accept: AcceptSession): void {
    this.#member = member;
    if (!member.alive || this.#closeSession !== undefined) return;
    const { timers } = this.#modules;
    let over = false;
    const close = memorySession({ accept }, this, timers, () => {
      over = true;
      this.#closed();
    });
    if (!over) this.#closeSession = close;
  }

  /** It joined anew: what no stream tells of is gone with its process. */
  restarted(): void {
    for (const run of this.#runs.values()) if (run.detached) run.end('restart');
  }

  /** Leaves everything as it is: the next leader goes on. */
  stop(): void {
    for (const run of this.#runs.values()) run.drop();
    this.#runs.clear();
    this.#ended.clear();
    this.#closeSession?.();
    this.#closed();
  }

  connect(channel: SessionChannel<ToServer>): SessionReceiver<ToWorker> {
    this.#modules.timers.nextTurn(() => channel.send([this.#hello()]));
    return {
      receive: (messages) => {
        for (const message of messages) this.#receive(channel, message);
      },
      closed: () => {},
    };
  }

  #closed(): void {
    this.#closeSession = undefined;
    this.#outbox = undefined;
    this.#ping();
    this.#watched.clear();
  }

  #hello(): ToServer {
    const { view, settings, region, inherited } = this.#modules;
    for (const execution of view.openExecutions()) {
      const { id, attempt, nodeName, state, startedAt } = execution;
      if (nodeName !== this.#member.name || this.#runs.has(id)) continue;
      // Decided by this leader, and not sent: comes as a dispatch.
      if (state === 'pending' && !inherited.has(id)) continue;
      const run = this.#add(id, attempt, startedAt);
      if (state === 'pending') run.await(settings.leaseMs, 'unreachable');
      else run.await(settings.orphanMs, 'lease');
    }
    return {
      type: 'hello',
      node: this.#member.name,
      region,
      boot: NO_JOURNAL,
      // Always the same, so that nothing counts as sent to another one.
      journal: NO_JOURNAL,
      clusterId: '',
      maxTerm: 0n,
      executors: [],
      slots: SLOTS,
      items: this.#items(),
      relay: false,
    };
  }

  #items(): HelloItem[] {
    const running = [...this.#runs.values()].map(({ id, attempt, startedAt }): HelloItem => {
      return { id, attempt, state: startedAt === ZERO_TIME ? 'accepted' : 'running', startedAt };
    });
    const ended = [...this.#ended].map(([id, { attempt, report }]): HelloItem => {
      return { id, attempt, state: 'finished', startedAt: report.startedAt };
    });
    return [...running, ...ended];
  }

  #receive(channel: SessionChannel<ToServer>, message: ToWorker): void {
    switch (message.type) {
      case 'welcome':
        this.#outbox = new Outbox(channel);
        for (const { id, verdict } of message.verdicts) if (verdict === 'kill' || verdict === 'forget') this.#drop(id);
        for (const id of this.#ended.keys()) this.#report(id);
        return this.#keepAlive(channel, message.leaseMs, 1);
      case 'dispatch':
        channel.send([{ type: 'ack', seq: message.seq }]);
        return this.#dispatch(message.dispatch);
      case 'cancel':
        channel.send([{ type: 'ack', seq: message.seq }]);
        return this.#runs.get(message.id)?.cancel();
      case 'ack':
        return this.#outbox?.acked(message.seq);
      case 'credit':
        return this.#outbox?.addCredit(message.bytes);
      case 'watch':
        return void (message.on ? this.#watched.add(message.id) : this.#watched.delete(message.id));
      default:
    }
  }

  /** Being alive in gossip is what its lease hangs on. */
  #keepAlive(channel: SessionChannel<ToServer>, leaseMs: number, n: number): void {
    this.#ping();
    this.#ping = this.#modules.timers.after(leaseMs / 5, () => {
      if (this.#member.alive) channel.send([{ type: 'ping', n }]);
      this.#sweep();
      this.#keepAlive(channel, leaseMs, n + 1);
    });
  }

  #dispatch(dispatch: Dispatch): void {
    if (this.#runs.has(dispatch.id) || this.#ended.has(dispatch.id)) return;
    this.#add(dispatch.id, dispatch.attempt, ZERO_TIME).start(this.#member.address, dispatch);
  }

  #add(id: ExecutionId, attempt: number, startedAt: Execution['startedAt']): GoRun {
    const { clock, timers, credentials, settings } = this.#modules;
    const run = new GoRun(id, attempt, startedAt, {
      clock,
      timers,
      settings,
      ...(credentials === undefined ? {} : { credentials }),
      events: {
        started: (at) => this.#outbox?.send({ type: 'started', id, attempt, at }),
        output: (offset, bytes) => {
          if (this.#watched.has(id))
            this.#outbox?.sendOutput({ type: 'output', id, attempt, offset, bytes, stderr: false });
        },
        finished: (report) => {
          this.#runs.delete(id);
          this.#ended.set(id, { attempt, report });
          this.#report(id);
        },
      },
    });
    this.#runs.set(id, run);
    return run;
  }

  #report(id: ExecutionId): void {
    const ended = this.#ended.get(id);
    if (ended === undefined) return;
    const jobName = this.#modules.view.getExecution(id)?.jobName ?? '';
    this.#outbox?.send({ type: 'finished', id, ...ended, jobName }, () => this.#ended.delete(id));
  }

  /** What was reported by `ExecutionDone` meanwhile. */
  #sweep(): void {
    for (const { id, detached } of this.#runs.values()) {
      const state = this.#modules.view.getExecution(id)?.state;
      if (detached && state !== 'pending' && state !== 'running') this.#drop(id);
    }
  }

  #drop(id: ExecutionId): void {
    this.#runs.get(id)?.drop();
    this.#runs.delete(id);
    this.#ended.delete(id);
    this.#watched.delete(id);
  }
}
