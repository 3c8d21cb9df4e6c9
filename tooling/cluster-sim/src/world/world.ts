import { TraceHash, VirtualTime } from '@dkron/raft/testing';
import type { Fields, Logger, Random } from '@dkron/runtime';
import { seededRandom } from '@dkron/runtime/testing';
import { Broken } from '../check/broken.ts';
import type { Checks } from '../check/checks.ts';
import type { SimAgent } from '../nodes/sim-agent.ts';
import type { SimServer } from '../nodes/sim-server.ts';
import type { Plan } from '../plan/plan.ts';
import { Fabric } from './fabric.ts';
import { Gossip } from './gossip.ts';
import { SessionNet } from './session-net.ts';

/** Within a simulated second; a cluster that is busy has some thousands. */
const EVENTS_MAX = 100_000;

/** What all parts of a run share. */
export class World {
  readonly plan: Plan;
  readonly time = new VirtualTime();
  readonly hash = new TraceHash();
  /** What happened how often: what never happens is not tested. */
  readonly marks = new Map<string, number>();
  readonly random: Random;
  readonly diskRandom: Random;
  readonly fabric: Fabric;
  readonly gossip: Gossip;
  readonly sessions: SessionNet;
  /** All there ever were. */
  readonly servers: SimServer[] = [];
  /** Those of them that are not replaced, by the number that plans know them by. */
  readonly places: SimServer[] = [];
  readonly agents: SimAgent[] = [];
  checks!: Checks;
  /** Servers that lost their disk and are to be removed by hand. */
  readonly removals = new Set<string>();
  failure: Error | undefined;
  healed = false;
  #addresses = 0;
  /** When the present second began, and after how many events. */
  #secondMs = 0;
  #secondEvents = 0;
  readonly trace: ((text: string) => void) | undefined;

  constructor(plan: Plan, trace?: (text: string) => void) {
    this.plan = plan;
    this.trace = trace;
    const random = seededRandom(plan.seed);
    this.random = random.fork('world');
    this.diskRandom = random.fork('disk');
    this.fabric = new Fabric(plan.network, { time: this.time, random: random.fork('network') });
    this.gossip = new Gossip(plan.options.reapMs, { fabric: this.fabric, random: random.fork('gossip') });
    this.sessions = new SessionNet({
      fabric: this.fabric,
      listener: (machine) => this.servers.find((server) => server === machine)?.listener,
    });
  }

  get nowMs(): number {
    return this.time.nowMs;
  }

  mark(name: string, by = 1): void {
    this.marks.set(name, (this.marks.get(name) ?? 0) + by);
  }

  /** An address that nobody ever had. */
  newIp(): string {
    this.#addresses += 1;
    return `10.0.${this.#addresses >> 8}.${this.#addresses & 255}`;
  }

  fail(error: unknown): void {
    this.failure ??= error as Error;
  }

  /** Keeps the first failure: nodes may catch what is thrown inside them. */
  guard(work: () => void): void {
    if (this.failure !== undefined) return;
    try {
      work();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Lets time pass; fails when somebody turns in a circle. */
  pass(lengthMs: number): void {
    this.time.run(this.time.nowMs + lengthMs, () => {
      if (this.time.nowMs - this.#secondMs >= 1000) {
        this.#secondMs = this.time.nowMs;
        this.#secondEvents = this.time.events;
      }
      if (this.time.events - this.#secondEvents > EVENTS_MAX) {
        this.fail(new Broken('Bounded', `${EVENTS_MAX} events within a second`));
      }
      return this.failure !== undefined;
    });
    if (this.failure !== undefined) throw this.failure;
  }

  say(text: () => string): void {
    this.trace?.(`${(this.nowMs / 1000).toFixed(3).padStart(9)} ${text()}`);
  }

  logger(node: string): Logger {
    const tell = (level: string, event: string, fields: Fields | undefined): void => {
      if (level === 'error') this.mark(`error: ${event}`);
      if (this.trace === undefined) return;
      this.trace(`${(this.nowMs / 1000).toFixed(3).padStart(9)} ${node} ${level} ${event} ${textOf(fields)}`);
    };
    const logger: Logger = {
      child: () => logger,
      debug: (event, fields) => tell('debug', event, fields),
      info: (event, fields) => tell('info', event, fields),
      warn: (event, fields) => tell('warn', event, fields),
      error: (event, fields) => tell('error', event, fields),
    };
    return logger;
  }
}

function textOf(fields: Fields | undefined): string {
  if (fields === undefined) return '';
  return JSON.stringify(fields, (_key, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    return value instanceof Error ? value.message : value;
  });
}
