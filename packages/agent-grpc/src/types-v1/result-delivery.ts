import type { ServiceError } from '@grpc/grpc-js';
import { ChannelCredentials, Client, Metadata, status } from '@grpc/grpc-js';
import type { Execution, ExecutionDoneResponse } from '@dkron/contracts/types-v1';
import { DkronService } from '@dkron/contracts/types-v1';
import { Backoff } from '@dkron/runtime';
import type { Cancel, Clock, Logger, Random, Timers } from '@dkron/runtime';
import { NOT_LEADER } from './texts.ts';

/** Results that wait; the oldest is given up for a new one. */
const WAITING_MAX = 1000;
const MIN_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 10_000;
/** A result is offered this long. */
const AGE_MAX_MS = 4 * 3_600_000;
const CALL_MS = 35_000;

export interface ResultDeliveryModules {
  /** Addresses (host:port) of alive servers. */
  readonly servers: () => readonly string[];
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly credentials?: ChannelCredentials;
}

interface Waiting {
  readonly execution: Execution;
  readonly sinceMs: number;
}

/** Brings results whose caller is gone to any server, and tries again until one has them (G-X12). In memory only. */
export class ResultDelivery {
  readonly #modules: ResultDeliveryModules;
  readonly #backoff: Backoff;
  #waiting: Waiting[] = [];
  #busy = false;
  #wait: Cancel | undefined;
  #next = 0;
  #stopped = false;

  constructor(modules: ResultDeliveryModules) {
    this.#modules = modules;
    this.#backoff = new Backoff({ minMs: MIN_BACKOFF_MS, maxMs: MAX_BACKOFF_MS }, modules);
  }

  /** Results that no server has taken. */
  get waiting(): number {
    return this.#waiting.length;
  }

  add(execution: Execution): void {
    if (this.#stopped) return;
    if (this.#waiting.length >= WAITING_MAX) this.#drop(this.#waiting.shift(), 'too many wait');
    this.#waiting.push({ execution, sinceMs: this.#modules.clock.monotonicMs() });
    if (!this.#busy && this.#wait === undefined) void this.#work();
  }

  /** What waits is given up. */
  stop(): void {
    this.#stopped = true;
    this.#wait?.();
    for (const waiting of this.#waiting.splice(0)) this.#drop(waiting, 'the node stops');
  }

  async #work(): Promise<void> {
    this.#busy = true;
    this.#wait = undefined;
    while (!this.#stopped) {
      const [first] = this.#waiting;
      if (first === undefined) break;
      if (this.#modules.clock.monotonicMs() - first.sinceMs > AGE_MAX_MS) {
        this.#drop(this.#waiting.shift(), 'too old');
      } else if (await this.#offer(first.execution)) {
        this.#backoff.reset();
        this.#waiting = this.#waiting.filter((waiting) => waiting !== first);
      } else {
        this.#wait = this.#modules.timers.after(this.#backoff.next(), () => void this.#work());
        break;
      }
    }
    this.#busy = false;
  }

  /** Asks each server once; true when one has taken it. */
  async #offer(execution: Execution): Promise<boolean> {
    const servers = this.#modules.servers();
    this.#next += 1;
    for (let i = 0; i < servers.length && !this.#stopped; i++) {
      const address = servers[(this.#next + i) % servers.length]!;
      const failure = await executionDone(address, execution, this.#modules);
      if (failure === undefined) return true;
      this.#modules.logger.debug('agent-run: a server did not take a result', { address, failure });
    }
    return false;
  }

  #drop(waiting: Waiting | undefined, why: string): void {
    if (waiting === undefined) return;
    const { jobName, group, attempt } = waiting.execution;
    this.#modules.logger.error('agent-run: a result is given up', { job: jobName, group, attempt, why });
  }
}

/** Undefined when delivered: the leader took it, or refused it for good, or a follower of the original passed it on. */
async function executionDone(
  address: string,
  execution: Execution,
  { credentials = ChannelCredentials.createInsecure(), clock }: ResultDeliveryModules,
): Promise<string | undefined> {
  const client = new Client(address, credentials, { 'grpc.enable_http_proxy': 0, 'grpc.enable_channelz': 0 });
  const { path, requestSerialize, responseDeserialize } = DkronService.executionDone;
  try {
    return await new Promise((resolve) => {
      const done = (error: ServiceError | null, _answer?: ExecutionDoneResponse): void =>
        resolve(error === null || isAnswer(error) ? undefined : error.details);
      const deadline = clock.wallMs() + CALL_MS;
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        { execution },
        new Metadata(),
        { deadline },
        done,
      );
    });
  } finally {
    client.close();
  }
}

/** A server has judged the result; asking again changes nothing. */
function isAnswer({ code, details }: ServiceError): boolean {
  return details === NOT_LEADER || (code === status.UNKNOWN && details !== '');
}
