import type {
  Dispatch,
  FinishedReport,
  SessionChannel,
  SessionReceiver,
  ToServer,
  ToWorker,
  Verdict,
} from '@dkron/jobs';
import { assertNever } from '@dkron/runtime';
import { Attempt, helloItem, recoveredAttempt } from './attempt.ts';
import { toHex } from './hex.ts';
import { attemptKey } from './journal/table.ts';
import { resolveOptions } from './options.ts';
import type { StopOptions, WorkerModules, WorkerOptions } from './options.ts';
import { OutputBuffer } from './output-buffer.ts';
import { workerMetrics } from './metrics.ts';
import type { WorkerMetrics } from './metrics.ts';
import { runAttempt, unstartedReport } from './run-attempt.ts';
import { SessionLink } from './session-link.ts';
import { StartReports } from './start-reports.ts';

type Welcome = Extract<ToWorker, { readonly type: 'welcome' }>;
type DispatchMessage = Extract<ToWorker, { readonly type: 'dispatch' }>;
type CancelMessage = Extract<ToWorker, { readonly type: 'cancel' }>;

/** How long `stop` waits for the leader to take the last results; undelivered ones stay in the journal. */
const HAND_OVER_MS = 1000;

/**
 * Runs executions on this node for whoever leads. Truth is the journal and the table of attempts: a session only carries
 * it, so any session may end at any moment and the next one says the same again.
 */
export class Worker {
  readonly #options: Required<WorkerOptions>;
  readonly #modules: WorkerModules;
  readonly #metrics: WorkerMetrics;
  readonly #boot: string;
  readonly #attempts = new Map<string, Attempt>();
  #open = 0;
  /** The session that was welcomed last. */
  #active: SessionLink | null = null;
  readonly #links = new Set<SessionLink>();
  /** Executions whose output the active session wants. */
  readonly #watched = new Set<string>();
  readonly #starts: StartReports;
  /** Of the active session. */
  #clusterId = '';
  #draining = false;
  #aborted = false;
  #stopping: Promise<void> | null = null;
  #wake: () => void = () => {};

  constructor(options: WorkerOptions, modules: WorkerModules) {
    this.#options = resolveOptions(options);
    this.#modules = modules;
    this.#metrics = workerMetrics(modules.metrics);
    this.#starts = new StartReports(this.#options.startReportMs, modules.timers, (attempt) => this.#report(attempt));
    this.#boot = toHex(modules.random.bytes(16));
    for (const recovered of modules.journal.recovered) {
      this.#attempts.set(attemptKey(recovered.ref.id, recovered.ref.attempt), recoveredAttempt(recovered));
    }
    this.#count();
  }

  /** Executions accepted or running. */
  get running(): number {
    return this.#open;
  }

  /** Results the leader has not acknowledged. */
  get undelivered(): number {
    let count = 0;
    for (const attempt of this.#attempts.values()) if (attempt.state === 'finished') count++;
    return count;
  }

  /** Whether a leader has welcomed this worker and the session stands. */
  get connected(): boolean {
    return this.#active !== null;
  }

  /**
   * Begins a session; hello goes out in the next turn. The session in use before stays until this one is welcomed. The
   * caller dials again when the channel closes.
   */
  connect(channel: SessionChannel<ToServer>): SessionReceiver<ToWorker> {
    const { clock, timers } = this.#modules;
    const { helloTimeoutMs, startReportMs: ackDelayMs } = this.#options;
    const link: SessionLink = new SessionLink(
      () => this.#hello(),
      { helloTimeoutMs, ackDelayMs },
      {
        channel,
        clock,
        timers,
        ended: (reason) => this.#ended(link, reason),
      },
    );
    this.#links.add(link);
    return {
      receive: (messages) => {
        link.heard();
        for (const message of messages) if (link.open) this.#receive(link, message);
      },
      closed: (reason) => link.ended(reason),
    };
  }

  /** No new executions from here on; what runs goes on. */
  drain(): void {
    if (this.#draining) return;
    this.#draining = true;
    this.#active?.sendDrain();
  }

  /**
   * Drains, waits up to `timeoutMs` for what runs, kills the rest (reported with reason `restart`), waits a moment for
   * the results to be taken, and closes sessions and journal. A second call kills at once.
   */
  stop(options: StopOptions): Promise<void> {
    if (this.#stopping) this.#abortAll();
    this.#stopping ??= this.#stop(options);
    return this.#stopping;
  }

  async #stop({ timeoutMs }: StopOptions): Promise<void> {
    const { journal } = this.#modules;
    this.drain();
    await this.#waitUntil(() => this.#open === 0 || this.#aborted, timeoutMs);
    this.#abortAll();
    await this.#waitUntil(() => this.#open === 0, null);
    if (this.#active) await this.#waitUntil(() => !this.#active || this.undelivered === 0, HAND_OVER_MS);
    this.#starts.stop();
    for (const link of this.#links) link.close('worker stopped');
    await journal.close();
  }

  #abortAll(): void {
    this.#aborted = true;
    for (const attempt of this.#attempts.values()) attempt.abort('restart');
    this.#wake();
  }

  /** Resolves when `condition` holds after a change, or when `timeoutMs` passed (null: not before). */
  async #waitUntil(condition: () => boolean, timeoutMs: number | null): Promise<void> {
    let expired = false;
    const cancel =
      timeoutMs === null
        ? null
        : this.#modules.timers.after(timeoutMs, () => {
            expired = true;
            this.#wake();
          });
    while (!expired && !condition()) await new Promise<void>((resolve) => (this.#wake = resolve));
    cancel?.();
  }

  #hello(): ToServer {
    const { journal, executors } = this.#modules;
    const { node, region, slots } = this.#options;
    return {
      type: 'hello',
      node,
      region,
      boot: this.#boot,
      journal: journal.id,
      clusterId: journal.clusterId,
      maxTerm: journal.maxTerm,
      executors: executors.names(),
      slots,
      items: [...this.#attempts.values()].map(helloItem),
      relay: false,
    };
  }

  #receive(link: SessionLink, message: ToWorker): void {
    if (message.type === 'welcome') return this.#welcome(link, message);
    if (message.type === 'refuse') {
      this.#modules.logger.warn('session refused', { code: message.code, text: message.text });
      return link.close(`refused: ${message.code}`);
    }
    if (message.type === 'redirect' || message.type === 'noLeader') return link.close('the server does not lead');
    if (link !== this.#active) return link.close(`protocol: ${message.type} before welcome`);
    switch (message.type) {
      case 'dispatch':
        return this.#dispatch(link, message);
      case 'cancel':
        return this.#cancel(link, message);
      case 'ack':
        return link.peerAcked(message.seq);
      case 'credit':
        return link.addCredit(message.bytes);
      case 'watch':
        return this.#watch(link, message.id, message.on);
      case 'pong':
        return;
      default:
        assertNever(message, 'session message');
    }
  }

  #welcome(link: SessionLink, { clusterId, term, leaseMs, verdicts }: Welcome): void {
    if (link === this.#active) return link.close('protocol: second welcome');
    if (!this.#fence(link, clusterId, term)) return;
    this.#active?.close('superseded');
    this.#active = link;
    this.#clusterId = clusterId;
    link.keepAlive(leaseMs);
    if (this.#draining) link.sendDrain();
    const verdictOf = new Map(verdicts.map(({ id, attempt, verdict }) => [attemptKey(id, attempt), verdict]));
    for (const [key, attempt] of this.#attempts) this.#obey(attempt, verdictOf.get(key) ?? 'keep');
    this.#modules.logger.info('session open', { term, items: this.#attempts.size });
  }

  /** False when `term` is over: the session ends. A higher one is durable before anything is accepted under it. */
  #fence(link: SessionLink, clusterId: string, term: bigint): boolean {
    const { journal } = this.#modules;
    const maxTerm = journal.maxTermOf(clusterId);
    if (term < maxTerm) {
      link.close(`term: ${term} is lower than ${maxTerm}`);
      return false;
    }
    if (term > maxTerm) journal.term(clusterId, term);
    return true;
  }

  #obey(attempt: Attempt, verdict: Verdict): void {
    if (verdict === 'kill' && attempt.open) attempt.abort('cancelled');
    else if ((verdict === 'kill' || verdict === 'forget') && !attempt.open) this.#forget(attempt);
    else this.#report(attempt);
  }

  #dispatch(link: SessionLink, { seq, term, dispatch }: DispatchMessage): void {
    if (!this.#fence(link, this.#clusterId, term) || !link.received(seq)) return;
    const known = this.#attempts.get(attemptKey(dispatch.id, dispatch.attempt));
    if (known) {
      void known.accepted.then((accepted) => {
        if (accepted && known.state === 'died') this.#refuse(link, dispatch, 'died with an earlier boot');
        else if (accepted) this.#report(known);
        link.settle(seq);
      });
      return;
    }
    const obstacle = this.#obstacle();
    if (obstacle) {
      this.#refuse(link, dispatch, obstacle);
      return link.settle(seq);
    }
    const attempt = this.#accept(dispatch);
    void attempt.accepted.then(() => link.settle(seq));
  }

  /** Why nothing more can be taken; '' = it can. */
  #obstacle(): string {
    const { slots } = this.#options;
    if (this.#draining) return 'draining';
    if (this.#open >= slots) return `no free slot: ${slots} in use`;
    if (this.#attempts.size >= slots * 2) return `too many results undelivered: ${this.#attempts.size - this.#open}`;
    return '';
  }

  #accept(dispatch: Dispatch): Attempt {
    const { id, attempt: number, group, job } = dispatch;
    const attempt = new Attempt({ id, attempt: number, group, jobName: job.name });
    this.#attempts.set(attemptKey(id, number), attempt);
    this.#open++;
    this.#count();
    attempt.accepted = this.#modules.journal.accept(attempt.ref).then(
      () => {
        void this.#run(attempt, dispatch);
        return true;
      },
      (error: Error) => {
        this.#attempts.delete(attemptKey(id, number));
        this.#closeSlot();
        if (this.#active) this.#refuse(this.#active, dispatch, error.message);
        return false;
      },
    );
    return attempt;
  }

  #refuse(link: SessionLink, { id, attempt }: Dispatch, reason: string): void {
    this.#metrics.refused.add(1);
    this.#modules.logger.warn('dispatch refused', { execution: id, attempt, reason });
    link.send({ type: 'refused', id, attempt, reason });
  }

  async #run(attempt: Attempt, dispatch: Dispatch): Promise<void> {
    const { clock, journal, executors } = this.#modules;
    if (attempt.abortCause) return this.#finish(attempt, unstartedReport(attempt, attempt.abortCause, clock));
    attempt.state = 'running';
    attempt.startedAt = clock.wallNanos();
    journal.start(attempt.ref, { at: attempt.startedAt, processGroup: 0, startTime: '' });
    this.#metrics.started.add(1);
    this.#starts.add(attempt);
    const hooks = {
      output: (chunk: Uint8Array, stderr: boolean): void => this.#output(attempt, chunk, stderr),
      started: ({ processGroup = 0, startTime = '' }: { processGroup?: number; startTime?: string }): void => {
        if (attempt.open) journal.start(attempt.ref, { at: attempt.startedAt, processGroup, startTime });
      },
    };
    this.#finish(
      attempt,
      await runAttempt(attempt, dispatch, executors.get(dispatch.job.executor), hooks, this.#modules),
    );
  }

  #finish(attempt: Attempt, report: FinishedReport): void {
    attempt.state = 'finished';
    attempt.report = report;
    this.#starts.delete(attempt);
    attempt.output = EMPTY_OUTPUT;
    this.#modules.journal.finish(attempt.ref, report);
    this.#report(attempt);
    this.#closeSlot();
  }

  #closeSlot(): void {
    this.#open--;
    this.#count();
    this.#wake();
  }

  #forget(attempt: Attempt): void {
    const key = attemptKey(attempt.ref.id, attempt.ref.attempt);
    if (this.#attempts.get(key) !== attempt) return;
    this.#attempts.delete(key);
    this.#watched.delete(attempt.ref.id);
    this.#modules.journal.done(attempt.ref);
    this.#count();
    this.#wake();
  }

  /** Tells the active session where the attempt stands. */
  #report(attempt: Attempt): void {
    const { id, attempt: number, jobName } = attempt.ref;
    if (attempt.state === 'running') {
      this.#starts.delete(attempt);
      this.#active?.send({ type: 'started', id, attempt: number, at: attempt.startedAt });
    } else if (attempt.report) {
      const { report } = attempt;
      this.#active?.send({ type: 'finished', id, attempt: number, jobName, report }, () => this.#forget(attempt));
    }
  }

  #cancel(link: SessionLink, { seq, term, id, attempt }: CancelMessage): void {
    if (!this.#fence(link, this.#clusterId, term) || !link.received(seq)) return;
    this.#attempts.get(attemptKey(id, attempt))?.abort('cancelled');
    link.settle(seq);
  }

  #output(attempt: Attempt, bytes: Uint8Array, stderr: boolean): void {
    if (!attempt.open || bytes.length === 0) return;
    const offset = attempt.output.totalBytes;
    attempt.output.append(bytes);
    if (!this.#watched.has(attempt.ref.id) || !this.#active) return;
    const { id, attempt: number } = attempt.ref;
    const sent = this.#active.sendOutput({ type: 'output', id, attempt: number, offset, bytes, stderr });
    if (!sent) this.#metrics.outputDropped.add(bytes.length);
  }

  /** A new watcher first gets what is there already. */
  #watch(link: SessionLink, id: string, on: boolean): void {
    if (!on) return void this.#watched.delete(id);
    for (const attempt of this.#attempts.values()) {
      if (attempt.ref.id !== id || !attempt.open) continue;
      this.#watched.add(id);
      const bytes = attempt.output.tail(link.outputCreditBytes);
      const offset = attempt.output.totalBytes - bytes.length;
      if (bytes.length > 0) {
        link.sendOutput({ type: 'output', id, attempt: attempt.ref.attempt, offset, bytes, stderr: false });
      }
    }
  }

  #ended(link: SessionLink, reason: string): void {
    this.#links.delete(link);
    if (this.#active !== link) return;
    this.#active = null;
    this.#watched.clear();
    this.#modules.logger.info('session ended', { reason });
    this.#wake();
  }

  #count(): void {
    this.#metrics.running.set(this.#open);
    this.#metrics.undelivered.set(this.#attempts.size - this.#open);
  }
}

/** Stands in once the report holds the output. Nothing is written to it. */
const EMPTY_OUTPUT = new OutputBuffer();
