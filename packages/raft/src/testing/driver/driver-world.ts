import type { Fields, Logger, Random } from '@dkron/runtime';
import { seededRandom } from '@dkron/runtime/testing';
import type { Entry } from '../../core/index.ts';
import type { Boundary } from '../../storage/ports.ts';
import { LoopbackNetwork } from '../../transport/loopback.ts';
import { Violation } from '../check/violation.ts';
import type { Watch } from '../check/watch.ts';
import { History } from '../sim/history.ts';
import { TraceHash } from '../sim/trace-hash.ts';
import type { DriverPlan } from './driver-plan.ts';
import type { DriverServer } from './driver-server.ts';
import { VirtualTime } from './virtual-time.ts';

/** Keeps two numbers apart in one key. */
const STRIDE = 2 ** 26;
const HEALED_DELAY_MS = 2;
/** Latest second coming of a message. */
const DOUBLE_MS = 400;

/** What all parts of a run of nodes share. */
export class DriverWorld {
  readonly plan: DriverPlan;
  readonly watch: Watch;
  readonly time = new VirtualTime();
  readonly history = new History();
  readonly hash = new TraceHash();
  readonly marks = new Set<string>();
  readonly servers: DriverServer[] = [];
  readonly byId = new Map<string, DriverServer>();
  readonly network: LoopbackNetwork;
  readonly networkRandom: Random;
  readonly diskRandom: Random;
  readonly clientRandom: Random;
  readonly #doublesRandom: Random;
  /** The first invariant that broke. */
  failure: Error | undefined;
  /** Calls of cores. */
  steps = 0;
  healed = false;
  /** Nothing but heartbeats may be sent. */
  idle = false;
  readonly #chains = new Map<number, number>();
  readonly #applied: (number | undefined)[] = [];
  readonly #latest = new Map<string, number>();
  readonly #cuts = new Set<ReadonlySet<string>>();

  constructor(plan: DriverPlan, watch: Watch) {
    this.plan = plan;
    this.watch = watch;
    const random = seededRandom(plan.seed);
    this.networkRandom = random.fork('network');
    this.diskRandom = random.fork('disk');
    this.clientRandom = random.fork('client');
    this.#doublesRandom = random.fork('doubles');
    this.network = new LoopbackNetwork({}, { timers: this.time });
    this.network.fate = (from, to) => this.#fate(`${from}>${to}`);
  }

  mark(name: string): void {
    this.marks.add(name);
  }

  /** Keeps the first failure: nodes catch what is thrown inside them. */
  fail(error: unknown): void {
    this.failure ??= error as Error;
  }

  guard<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      this.fail(error);
      throw error;
    }
  }

  appended(id: string, entry: Entry, chain: number): void {
    this.#chains.set(entry.term * STRIDE + entry.index, chain);
    this.watch.appended(id, entry, chain);
  }

  chainAt({ index, term }: Boundary): number {
    return this.#chains.get(term * STRIDE + index) ?? 0;
  }

  applied(id: string, entry: Entry, chain: number, operation: number): void {
    this.#applied[entry.index] ??= chain;
    this.watch.applied(id, entry, chain, operation);
  }

  /** Hash of the commands up to one of them. */
  chainApplied(index: number): number {
    return this.#applied[index] ?? 0;
  }

  /** Cuts directed links, named `from>to`, for a while. */
  cut(links: ReadonlySet<string>, lengthMs: number): void {
    this.#cuts.add(links);
    this.#cutAll();
    this.time.after(lengthMs, () => {
      this.#cuts.delete(links);
      this.#cutAll();
    });
  }

  /** Whether and when a message comes a second time, behind whatever was sent meanwhile. */
  drawSecondMs(): number | undefined {
    const { doublesPermille = 0 } = this.plan.network;
    if (this.healed || doublesPermille === 0 || this.#doublesRandom.nextInt(1000) >= doublesPermille) return undefined;
    this.mark('message doubled');
    return (DOUBLE_MS * this.#doublesRandom.nextInt(1000)) / 1000;
  }

  heal(): void {
    this.healed = true;
    this.#cuts.clear();
    this.network.heal();
  }

  /** Events of nodes become marks; their words are those of the log. */
  readonly logger: Logger = {
    child: () => this.logger,
    debug: () => {},
    info: () => {},
    warn: (event: string, fields?: Fields) => this.#logged(event, fields),
    error: (event: string, fields?: Fields) => this.#logged(event, fields),
  };

  #logged(event: string, _fields: Fields | undefined): void {
    this.mark(`log: ${event}`);
  }

  #cutAll(): void {
    this.network.heal();
    for (const links of this.#cuts) {
      for (const link of links) {
        const [from, to] = link.split('>');
        this.network.cut(from!, to!);
      }
    }
  }

  #fate(link: string): 'drop' | number {
    const { network } = this.plan;
    const { networkRandom: random, time, healed } = this;
    if (!healed && random.nextInt(1000) < network.lossPermille) {
      this.mark('message lost');
      return 'drop';
    }
    const limit = (ms: number): number => (healed ? Math.min(ms, HEALED_DELAY_MS) : ms);
    const part = (ms: number): number => (limit(ms) * random.nextInt(1000)) / 1000;
    let delayMs = limit(network.delayMs) + part(network.jitterMs);
    if (!healed && random.nextInt(8) === 0) delayMs += part(network.lateMs);
    const arrivalMs = time.nowMs + delayMs;
    const latestMs = this.#latest.get(link) ?? 0;
    if (arrivalMs >= latestMs) this.#latest.set(link, arrivalMs);
    else if (!network.reorder || healed) delayMs = latestMs - time.nowMs;
    return delayMs;
  }
}

/** What a caller of a node may meet; anything else that is thrown is a defect. */
export function expected(error: unknown, world: DriverWorld): void {
  const { name, code } = error as { readonly name?: string; readonly code?: unknown };
  if (error instanceof Violation) return;
  if (typeof code !== 'string' || name === 'TypeError') world.fail(error);
}
