import type { Dispatch, JobDefinition, SessionReceiver, ToServer, ToWorker } from '@dkron/jobs';
import { noMetrics } from '@dkron/runtime';
import { ManualTime, MemoryLogger, seededRandom } from '@dkron/runtime/testing';
import type { ExecuteContext, ExecuteRequest, ExecuteResult } from '../src/index.ts';
import { Journal, MemoryJournalStorage, Worker } from '../src/index.ts';
import type { WorkerOptions } from '../src/index.ts';

/** One call of the fake executor, ended by the test. */
export interface FakeRun {
  readonly request: ExecuteRequest;
  readonly context: ExecuteContext;
  end(result: ExecuteResult): void;
  fail(error: Error): void;
}

/** The server's end of a session. */
export class FakeServer {
  readonly sent: ToServer[] = [];
  closedWith: string | null = null;
  seq = 0;
  #receiver: SessionReceiver<ToWorker> | null = null;
  readonly time: ManualTime;

  constructor(worker: Worker, time: ManualTime) {
    this.time = time;
    this.#receiver = worker.connect({
      send: (messages) => void this.sent.push(...messages),
      close: (reason) => void (this.closedWith = reason),
    });
  }

  async give(...messages: ToWorker[]): Promise<void> {
    this.#receiver!.receive(messages);
    await this.time.advance(0);
  }

  async welcome(over: Partial<Extract<ToWorker, { type: 'welcome' }>> = {}): Promise<void> {
    await this.time.advance(0);
    await this.give({
      type: 'welcome',
      clusterId: 'c',
      term: 5n,
      session: 's',
      leaseMs: 15_000,
      verdicts: [],
      ...over,
    });
  }

  async dispatch(over: Partial<Dispatch> = {}, term = 5n): Promise<void> {
    await this.give({ type: 'dispatch', seq: ++this.seq, term, dispatch: dispatchOf(over) });
  }

  async cancel(id: string, term = 5n): Promise<void> {
    await this.give({ type: 'cancel', seq: ++this.seq, term, id, attempt: 1, reason: 'user' });
  }

  /** The connection breaks. */
  drop(): void {
    this.#receiver!.closed('connection lost');
  }

  all<T extends ToServer['type']>(type: T): Extract<ToServer, { type: T }>[] {
    return this.sent.filter((message): message is Extract<ToServer, { type: T }> => message.type === type);
  }
}

export function dispatchOf(over: Partial<Dispatch> = {}): Dispatch {
  const job = { name: 'job', executor: 'fake', executorConfig: { key: 'value' } } as unknown as JobDefinition;
  return { id: '1-n', attempt: 1, group: 1n, tick: null, job, timeoutMs: null, killGraceMs: 1000, ...over };
}

export function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

/** A worker with a journal in memory; `boot` starts another on what the one before left. */
export class WorkerBench {
  readonly time = new ManualTime();
  readonly logger = new MemoryLogger();
  /** Of the next boot. */
  storage: MemoryJournalStorage;
  readonly runs: FakeRun[] = [];
  readonly killed: [number, string][] = [];
  #boots = 0;

  constructor(storage: MemoryJournalStorage = new MemoryJournalStorage()) {
    this.storage = storage;
  }

  async boot(options: Partial<WorkerOptions> = {}): Promise<Worker> {
    const { time: clock, time: timers, logger, storage } = this;
    const random = seededRandom(++this.#boots);
    const processes = { killGroup: (group: number, start: string): boolean => this.killed.push([group, start]) > 0 };
    const journal = await Journal.open({}, { storage, processes, timers, random, logger });
    const executor = { name: 'fake', execute: this.#execute };
    const executors = { get: (name: string) => (name === 'fake' ? executor : undefined), names: () => ['fake'] };
    return new Worker(
      { node: 'n', region: 'global', startReportMs: 0, ...options },
      { journal, executors, clock, timers, random, logger, metrics: noMetrics },
    );
  }

  async session(worker: Worker): Promise<FakeServer> {
    const server = new FakeServer(worker, this.time);
    await server.welcome();
    return server;
  }

  #execute = (request: ExecuteRequest, context: ExecuteContext): Promise<ExecuteResult> =>
    new Promise((resolve, reject) => {
      this.runs.push({ request, context, end: resolve, fail: reject });
    });
}

export const SUCCESS: ExecuteResult = { success: true, error: '' };
