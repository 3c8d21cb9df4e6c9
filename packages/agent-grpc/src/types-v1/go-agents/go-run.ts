import type { AgentRunRequest, Execution as WireExecution } from '@dkron/contracts/types-v1';
import { executionFromWire, executionToWire, jobToWire } from '@dkron/contracts/types-v1';
import type { Dispatch, EndReason, ExecutionId, FinishedReport } from '@dkron/jobs';
import { rpcCodeName, ZERO_TIME } from '@dkron/runtime';
import type { Cancel, EpochNanos } from '@dkron/runtime';
import { reportOf } from '../execution-done.ts';
import { brokenStream } from '../texts.ts';
import { callAgent } from './call-agent.ts';
import type { CallEnd, CallModules } from './call-agent.ts';
import type { GoAgentsSettings } from './options.ts';

/** What a run tells the session that its agent's leader has with it. */
export interface GoRunEvents {
  started(at: EpochNanos): void;
  output(offset: number, bytes: Uint8Array): void;
  /** Once. */
  finished(report: FinishedReport): void;
}

export interface GoRunModules extends CallModules {
  readonly settings: GoAgentsSettings;
  readonly events: GoRunEvents;
}

/** One attempt on an agent of the original: dialed until the request is written, never again after that. */
export class GoRun {
  readonly id: ExecutionId;
  readonly attempt: number;
  readonly #modules: GoRunModules;
  /** ZERO_TIME until the first message. */
  startedAt: EpochNanos;
  #state: 'dialing' | 'streaming' | 'detached' | 'over' = 'dialing';
  #tries = 0;
  #offset = 0;
  #final: WireExecution | undefined;
  #cancelCall: Cancel = () => {};
  #timer: Cancel = () => {};

  constructor(id: ExecutionId, attempt: number, startedAt: EpochNanos, modules: GoRunModules) {
    this.id = id;
    this.attempt = attempt;
    this.startedAt = startedAt;
    this.#modules = modules;
  }

  /** No stream tells of it: a result comes by `ExecutionDone`, or never. */
  get detached(): boolean {
    return this.#state === 'detached';
  }

  /** Sends it to the agent. */
  start(address: string, dispatch: Dispatch): void {
    const { settings, events: _, ...modules } = this.#modules;
    const request = requestOf(dispatch);
    this.#cancelCall = callAgent(address, settings.dialTimeoutMs, request, {
      modules,
      events: {
        written: () => (this.#state = 'streaming'),
        message: (execution) => this.#message(execution),
        ended: (end) => this.#ended(end, () => this.start(address, dispatch)),
      },
    });
  }

  /** It was sent by an earlier leader, if at all: waits for a result, `waitMs` at most. */
  await(waitMs: number, reason: EndReason): void {
    this.#state = 'detached';
    this.#timer = this.#modules.timers.after(waitMs, () => this.end(reason));
  }

  /** What was not sent yet is not sent any more; else nothing can be done. */
  cancel(): void {
    if (this.#state === 'dialing') this.end('cancelled');
  }

  /** Ends it for a reason that its agent did not say. */
  end(reason: EndReason): void {
    this.#finish({
      success: false,
      cancelled: reason === 'cancelled',
      reason,
      exitCode: null,
      startedAt: this.startedAt,
      finishedAt: this.#modules.clock.wallNanos(),
      output: { head: new Uint8Array(0), tail: new Uint8Array(0), totalBytes: 0 },
    });
  }

  /** Nothing is told any more. */
  drop(): void {
    this.#state = 'over';
    this.#timer();
    this.#cancelCall();
  }

  #message(wire: WireExecution): void {
    const { events } = this.#modules;
    const { startedAt, finishedAt, output } = executionFromWire(wire);
    if (this.startedAt === ZERO_TIME) {
      this.startedAt = startedAt > 0n ? startedAt : this.#modules.clock.wallNanos();
      events.started(this.startedAt);
    }
    if (finishedAt > 0n) {
      this.#final = wire;
    } else if (output.length > 0) {
      events.output(this.#offset, output);
      this.#offset += output.length;
    }
  }

  #ended(end: CallEnd, again: () => void): void {
    if (this.#state === 'over') return;
    switch (end.kind) {
      case 'unreachable':
        return this.#retry(end.details, again);
      case 'broken':
        return this.await(this.#modules.settings.orphanMs, 'lease');
      case 'status':
        return this.#fail(brokenStream(rpcCodeName(end.code), end.details));
      case 'eof':
        if (this.#final === undefined) return this.#fail('grpc: the agent ended the stream without a result');
        return this.#finish(reportOf(executionFromWire(this.#final)));
    }
  }

  #retry(details: string, again: () => void): void {
    const { settings, timers } = this.#modules;
    if (this.#tries >= settings.maxRetries)
      return this.#fail(`grpc: the agent cannot be reached: ${details}`, 'unreachable');
    const waitMs = Math.min(settings.initialIntervalMs * 2 ** this.#tries, settings.maxIntervalMs);
    this.#tries += 1;
    this.#timer = timers.after(waitMs, again);
  }

  #fail(text: string, reason: EndReason = 'executor'): void {
    const finishedAt = this.#modules.clock.wallNanos();
    const output = new TextEncoder().encode(text);
    this.#finish({ ...reportOf({ success: false, output, startedAt: this.startedAt, finishedAt }), reason });
  }

  #finish(report: FinishedReport): void {
    if (this.#state === 'over') return;
    this.drop();
    this.#modules.events.finished(report);
  }
}

/** Times are always zero: an agent would repeat those of an earlier attempt. */
function requestOf({ job, group, attempt }: Dispatch): AgentRunRequest {
  const state = {
    successCount: 0,
    errorCount: 0,
    lastSuccess: null,
    lastError: null,
    status: '',
    next: ZERO_TIME,
    dependentJobs: null,
  };
  const times = { startedAt: ZERO_TIME, finishedAt: ZERO_TIME };
  const execution = {
    jobName: job.name,
    success: false,
    output: new Uint8Array(0),
    nodeName: '',
    group,
    attempt,
    ...times,
  };
  return { job: jobToWire({ definition: job, state }), execution: executionToWire(execution) };
}
