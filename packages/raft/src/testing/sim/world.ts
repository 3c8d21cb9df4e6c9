import type { Random } from '@dkron/runtime';
import { seededRandom } from '@dkron/runtime/testing';
import { type MessageType, PEER_MESSAGE_TYPES, type TraceSink } from '../../core/index.ts';
import { Violation } from '../check/violation.ts';
import type { Watch } from '../check/watch.ts';
import { EventHeap } from './event-heap.ts';
import type { History } from './history.ts';
import { markOf, type SimMark } from './marks.ts';
import type { Plan } from './plan.ts';
import type { SimServer } from './server.ts';
import { TraceHash } from './trace-hash.ts';

/** Labels of events, for the hash. */
export const Label = {
  tick: 1,
  wake: 2,
  deliver: 3,
  written: 4,
  applied: 5,
  read: 6,
  script: 7,
  client: 8,
  restart: 9,
  report: 10,
} as const;

/** Messages are hashed by these numbers. */
const TYPE_NUMBERS = new Map<MessageType, number>(PEER_MESSAGE_TYPES.map((type, i) => [type, i + 1]));

/** What all parts of a run share: time, chance, the events to come, and what was seen. */
export class World {
  readonly plan: Plan;
  readonly watch: Watch;
  readonly history: History;
  readonly heap = new EventHeap();
  readonly hash = new TraceHash();
  readonly marks = new Set<string>();
  /** In the order in which they were made; the position is the server's slot. */
  readonly servers: SimServer[] = [];
  readonly byId = new Map<string, SimServer>();
  readonly networkRandom: Random;
  readonly diskRandom: Random;
  readonly clientRandom: Random;
  /** Sink for events of cores; `undefined` saves their cost. */
  readonly events: TraceSink | undefined;
  /** Calls of cores so far. */
  steps = 0;
  /** A run that takes more steps does not come to rest. */
  stopAt = Infinity;
  time = 0;
  /** Faults are over. */
  healed = false;
  /** The cluster cannot elect a leader any more, for a known reason. */
  stranded = false;
  /** Nothing but heartbeats may be sent. */
  idle = false;

  constructor(plan: Plan, watch: Watch, history: History, withMarks: boolean) {
    this.plan = plan;
    this.watch = watch;
    this.history = history;
    const random = seededRandom(plan.seed);
    this.networkRandom = random.fork('network');
    this.diskRandom = random.fork('disk');
    this.clientRandom = random.fork('client');
    this.events = withMarks ? (event) => void this.marks.add(markOf(event)) : undefined;
  }

  mark(name: SimMark): void {
    this.marks.add(name);
  }

  after(delay: number, label: number, run: () => void): void {
    this.heap.add(this.time + delay, label, run);
  }

  /** Runs events up to and including a time, or until `stop` says so. */
  runUntil(time: number, stop: () => boolean): void {
    for (let next = this.heap.nextTime(); next !== undefined && next <= time; next = this.heap.nextTime()) {
      const event = this.heap.take()!;
      this.time = event.time;
      this.hash.add(event.time);
      this.hash.add(event.label);
      event.run();
      if (this.steps > this.stopAt) throw new Violation('I16 liveness', 'the cluster does not come to rest');
      if (stop()) return;
    }
    this.time = time;
  }

  /** Number of a kind of message. */
  typeNumber(type: MessageType): number {
    return TYPE_NUMBERS.get(type) ?? 0;
  }
}
