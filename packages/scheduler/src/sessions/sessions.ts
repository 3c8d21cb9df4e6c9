import type {
  ApplyEvent,
  Dispatch,
  Execution,
  ExecutionId,
  NodeName,
  Refusal,
  SessionChannel,
  SessionReceiver,
  SlotHold,
  ToServer,
  ToWorker,
} from '@dkron/jobs';
import { parseGoDuration } from '@dkron/cron';
import { NANOS_PER_MILLISECOND, ZERO_TIME } from '@dkron/runtime';
import type { Cancel } from '@dkron/runtime';
import { RETRY_PROPOSAL_MS } from '../context.ts';
import type { Context } from '../context.ts';
import { greet } from './greet.ts';
import { NodeBook } from './node-book.ts';
import { OutputWatchers } from './output-watchers.ts';
import type { OutputListener } from './output-watchers.ts';
import { ended } from './reconcile.ts';
import { Receiver } from './receiver.ts';
import type { SlotHolds } from './slot-holds.ts';
import type { UpdateBatcher } from './update-batcher.ts';
import { WorkerSession } from './worker-session.ts';

/** What a request to cancel has brought so far. */
export interface CancelAnswer {
  /** `cancelled`: final. `requested`: final when the node confirms or its lease ends. */
  readonly outcome: 'cancelled' | 'requested';
  readonly execution: Execution;
}

const HOLD_MS = 1_000;

type Hello = Extract<ToServer, { type: 'hello' }>;

/** Sends committed executions to their nodes, watches leases, and takes the nodes' words for the log. */
export class Sessions {
  readonly #context: Context;
  readonly #updates: UpdateBatcher;
  readonly #books = new Map<NodeName, NodeBook>();
  readonly #dirty = new Set<NodeBook>();
  readonly #holds: SlotHolds;
  /** Open executions that their node may have got: from this leader, or from one before. */
  readonly #perhapsSent = new Set<ExecutionId>();
  readonly watchers: OutputWatchers;
  #leaseTimer: Cancel | undefined;
  #running = false;
  #sessionCount = 0;

  constructor(context: Context, updates: UpdateBatcher, holds: SlotHolds) {
    this.#context = context;
    this.#updates = updates;
    this.#holds = holds;
    this.watchers = new OutputWatchers((id, on) => this.#tellWatch(id, on));
  }

  /** Every holder known from the state gets a full lease from now. */
  start(): void {
    this.#running = true;
    const open = Array.from(this.#context.view.openExecutions()).toSorted((a, b) => (a.stamp < b.stamp ? -1 : 1));
    for (const execution of open) {
      this.#perhapsSent.add(execution.id);
      this.#follow(execution);
    }
    this.#dirty.clear();
    this.#watchLeases();
  }

  stop(): void {
    this.#running = false;
    this.#leaseTimer?.();
    for (const book of this.#books.values()) book.session?.close('leadership lost');
    this.#books.clear();
    this.#dirty.clear();
    this.#perhapsSent.clear();
  }

  onEvent(event: ApplyEvent): void {
    if (event.type === 'execution') this.#follow(event.execution);
  }

  /** After a batch of events: sends what became sendable. */
  settle(): void {
    for (const book of this.#dirty) this.#pump(book);
    this.#dirty.clear();
  }

  /** True when the node has a session, or may still come back within its lease. */
  isReachable(node: NodeName): boolean {
    const book = this.#books.get(node);
    if (book === undefined || book.session !== undefined) return true;
    return this.#context.clock.monotonicMs() - book.absentSinceMs < this.#context.settings.leaseMs;
  }

  hasSession(node: NodeName): boolean {
    return this.#books.get(node)?.session !== undefined;
  }

  /** An execution waits for nothing but its worker's acknowledgement of those before. */
  hasSendable(): boolean {
    for (const { session, unsent, sent } of this.#books.values()) {
      if (unsent.size > 0 && session !== undefined && !session.draining && sent.size < session.slots) return true;
    }
    return false;
  }

  /** Executions that wait to be sent to this node. */
  waitingFor(node: NodeName): number {
    return this.#books.get(node)?.unsent.size ?? 0;
  }

  /** The most of any node. */
  waitingMost(): number {
    let most = 0;
    for (const { unsent } of this.#books.values()) if (unsent.size > most) most = unsent.size;
    return most;
  }

  accept(channel: SessionChannel<ToWorker>): SessionReceiver<ToServer> {
    return new Receiver(this.#context, this.#updates, channel, {
      welcome: (hello, adopt) => this.#welcome(hello, channel, adopt),
      closed: (session) => this.#closed(session),
      output: (message) => this.watchers.publish(message),
      putBack: (session, id) => this.#putBack(session, id),
      sendable: (session) => this.#pumpNode(session.node),
    });
  }

  async cancel(id: ExecutionId): Promise<CancelAnswer | Refusal> {
    const execution = this.#context.view.getExecution(id);
    if (execution === undefined) return { refused: 'not_found', message: `execution ${id} not found` };
    if (execution.state !== 'pending' && execution.state !== 'running') {
      return { refused: 'already_finished', message: `execution ${id} has already ended: ${execution.state}` };
    }
    const book = this.#books.get(execution.nodeName);
    const at = this.#context.clock.wallNanos();
    if (execution.state === 'pending' && book?.unsent.delete(id)) {
      const end = ended(execution, 'cancelled', 'cancelled', ZERO_TIME, at, this.#holdOf(id));
      await this.#updates.add(end).catch((error: unknown) => {
        this.#requeue(id);
        throw error;
      });
      return this.#answer(execution, 'cancelled');
    }
    await this.#updates.add({ kind: 'cancelRequested', id, at, slotHoldMs: this.#holdOf(id) });
    this.#books.get(execution.nodeName)?.session?.cancel(id, execution.attempt);
    return this.#answer(execution, 'requested');
  }

  watchOutput(id: ExecutionId, listener: OutputListener): () => void {
    return this.watchers.add(id, listener);
  }

  /** What an attempt keeps of its job's slot when it is given up now. */
  #holdOf(id: ExecutionId): SlotHold {
    return this.#perhapsSent.has(id) ? this.#context.settings.forbidHoldMs : null;
  }

  #answer(before: Execution, outcome: CancelAnswer['outcome']): CancelAnswer {
    return { outcome, execution: this.#context.view.getExecution(before.id) ?? before };
  }

  #requeue(id: ExecutionId): void {
    const execution = this.#context.view.getExecution(id);
    if (!this.#running || execution === undefined) return;
    this.#follow(execution);
    this.settle();
  }

  #follow(execution: Execution): void {
    const book = this.#book(execution.nodeName);
    book.update(execution, this.#context.clock.monotonicMs());
    if (execution.state !== 'pending' && execution.state !== 'running') {
      this.watchers.ended(execution.id);
      this.#perhapsSent.delete(execution.id);
    }
    this.#dirty.add(book);
  }

  #book(node: NodeName): NodeBook {
    let book = this.#books.get(node);
    if (book === undefined) this.#books.set(node, (book = new NodeBook(node, this.#context.clock.monotonicMs())));
    return book;
  }

  #pumpNode(node: NodeName): void {
    const book = this.#books.get(node);
    if (book !== undefined) this.#pump(book);
  }

  #pump(book: NodeBook): void {
    const { session } = book;
    if (session === undefined || session.draining || book.unsent.size === 0 || !this.#context.mayStart()) return;
    if (this.#context.clock.monotonicMs() < session.holdUntilMs) return;
    const dispatches: Dispatch[] = [];
    let room = Math.min(session.room, session.slots - book.sent.size);
    if (room <= 0) return;
    for (const { execution } of book.unsent.values()) {
      if (room <= 0) break;
      const dispatch = this.#dispatchOf(execution, book);
      if (dispatch === undefined) continue;
      book.markSent(execution.id);
      this.#perhapsSent.add(execution.id);
      dispatches.push(dispatch);
      room--;
    }
    if (dispatches.length > 0) session.dispatch(dispatches);
  }

  /** Tried again with the next lease check, or when something of the node ends after the pause. */
  #putBack(session: WorkerSession, id: ExecutionId): void {
    const nowMs = this.#context.clock.monotonicMs();
    session.holdUntilMs = nowMs + HOLD_MS;
    this.#perhapsSent.delete(id);
    const book = this.#books.get(session.node);
    const execution = this.#context.view.getExecution(id);
    if (execution?.state === 'pending' && book?.sent.delete(id)) book.update(execution, nowMs);
  }

  #dispatchOf(execution: Execution, book: NodeBook): Dispatch | undefined {
    const { view, clock, settings, definitions } = this.#context;
    const { id, jobName, attempt, group, tick } = execution;
    const job = definitions.get(jobName) ?? view.getJob(jobName)?.definition;
    if (job === undefined) {
      // Deleted between decision and dispatch.
      book.unsent.delete(id);
      this.#conclude(execution, ended(execution, 'cancelled', 'cancelled', ZERO_TIME, clock.wallNanos()));
      return undefined;
    }
    const timeoutMs = job.timeout === '' ? null : Number(parseGoDuration(job.timeout) / NANOS_PER_MILLISECOND);
    return { id, attempt, group, tick, job, timeoutMs, killGraceMs: settings.killGraceMs };
  }

  /** Proposes an end; on an unknown outcome the state decides later whether to try again. */
  #conclude(execution: Execution, update: ReturnType<typeof ended>): void {
    this.#updates.add(update).catch((error: unknown) => {
      this.#context.logger.warn('The end of an execution is not known to be committed', { id: execution.id, error });
      this.#context.timers.after(RETRY_PROPOSAL_MS, () => this.#requeue(execution.id));
    });
  }

  async #welcome(
    hello: Hello,
    channel: SessionChannel<ToWorker>,
    adopt: (session: WorkerSession) => boolean,
  ): Promise<boolean> {
    const { log, clock } = this.#context;
    const refusal = this.#refusalOf(hello);
    if (refusal !== undefined) {
      channel.send([{ type: 'refuse', ...refusal }]);
      return false;
    }
    const book = this.#book(hello.node);
    book.session?.close('replaced by a newer session');
    book.session = undefined;
    book.absentSinceMs = clock.monotonicMs();
    const greeting = ++book.greetings;
    const messages = await greet(
      this.#context,
      { updates: this.#updates, holds: this.#holds, book },
      hello,
      `${log.term()}-${++this.#sessionCount}`,
    );
    // A later hello of the node may have overtaken this one, or leadership may be gone.
    if (!this.#running || this.#books.get(hello.node) !== book || book.greetings !== greeting) return false;
    const session = new WorkerSession(hello, channel, log.term(), clock.monotonicMs());
    if (!adopt(session)) return true;
    book.session = session;
    session.send(messages);
    this.#remind(book, session);
    this.#pump(book);
    return true;
  }

  #refusalOf(hello: Hello): { readonly code: string; readonly text: string } | undefined {
    const term = this.#context.log.term();
    if (!this.#running || !this.#context.mayAct()) return { code: 'not_leader', text: 'this server does not lead' };
    // Terms of another cluster say nothing here.
    const maxTerm = hello.clusterId === this.#context.settings.clusterId() ? hello.maxTerm : 0n;
    if (maxTerm > term) return { code: 'stale_term', text: `term ${term} is older than ${maxTerm}` };
    return undefined;
  }

  /** What an earlier session may have been told is told again. */
  #remind(book: NodeBook, session: WorkerSession): void {
    for (const id of book.sent) {
      const execution = this.#context.view.getExecution(id);
      if (execution?.cancelRequested === true) session.cancel(id, execution.attempt);
      if (this.watchers.has(id)) session.send([{ type: 'watch', id, on: true }]);
    }
  }

  #closed(session: WorkerSession): void {
    session.open = false;
    const book = this.#books.get(session.node);
    if (book?.session !== session) return;
    book.session = undefined;
    book.absentSinceMs = session.lastHeardMs;
  }

  #tellWatch(id: ExecutionId, on: boolean): void {
    const node = this.#context.view.getExecution(id)?.nodeName;
    if (node !== undefined) this.#books.get(node)?.session?.send([{ type: 'watch', id, on }]);
  }

  #watchLeases(): void {
    this.#leaseTimer = this.#context.timers.after(this.#context.settings.leaseMs / 5, () => {
      if (!this.#running) return;
      if (this.#context.mayAct()) {
        for (const book of this.#books.values()) this.#checkLease(book);
        this.#holds.releaseLeft();
      }
      this.#watchLeases();
    });
  }

  #checkLease(book: NodeBook): void {
    const { clock, settings, logger, membership } = this.#context;
    const nowMs = clock.monotonicMs();
    const { session } = book;
    if (session !== undefined) {
      if (nowMs - session.lastHeardMs < settings.leaseMs) return this.#pump(book);
      logger.warn('Lease of a node ended', { node: book.node });
      session.close('lease ended');
      this.#closed(session);
    }
    if (nowMs - book.absentSinceMs < settings.leaseMs) return;
    for (const id of book.sent) this.#lose(book, id, 'lease');
    for (const [id, { queuedMs }] of book.unsent) {
      if (nowMs - queuedMs >= settings.leaseMs) this.#lose(book, id, 'unreachable');
    }
    // A member's absence is remembered: retries avoid it.
    if (book.isEmpty && !membership.members().some(({ name }) => name === book.node)) this.#books.delete(book.node);
  }

  #lose(book: NodeBook, id: ExecutionId, reason: 'lease' | 'unreachable'): void {
    const execution = this.#context.view.getExecution(id);
    book.sent.delete(id);
    book.unsent.delete(id);
    if (execution === undefined) return;
    const now = this.#context.clock.wallNanos();
    // What was revived by the node's word was sent, though not from here.
    const hold = reason === 'lease' ? this.#context.settings.forbidHoldMs : this.#holdOf(id);
    const update = execution.cancelRequested
      ? ended(execution, 'cancelled', 'cancelled', execution.startedAt, now, hold)
      : ended(execution, 'lost', reason, execution.startedAt, now, hold);
    this.#conclude(execution, update);
  }
}
