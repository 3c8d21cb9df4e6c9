import type { Due, JobDefinition } from '@dkron/jobs';

type Processors = JobDefinition['processors'];

/** Outputs for processors of the same names, wherever these send them. */
interface Kind {
  /** Lanes that have something waiting; the one that was served longest ago is first. */
  readonly ready: Set<Lane>;
  lanes: number;
  active: number;
}

/** Outputs for processors of the same names and settings: for the same receivers. In order. */
interface Lane {
  readonly key: string;
  readonly kindKey: string;
  readonly kind: Kind;
  readonly waiting: Map<bigint, Due>;
  active: number;
}

const ACTIVE_MAX = 32;
const ACTIVE_MAX_OF_KIND = 16;
const ACTIVE_MAX_OF_LANE = 4;

/**
 * Outputs that wait for their processors. Lanes take turns, and there is room for a few of each: a receiver that says
 * nothing delays what is meant for it, and a kind of processors leaves half of the room to the others.
 */
export class ProcessingQueue {
  /** By the names of processors; the one that was served longest ago is first. */
  readonly #kinds = new Map<string, Kind>();
  readonly #lanes = new Map<string, Lane>();
  /** Of what waits. */
  readonly #laneOf = new Map<bigint, Lane>();
  #active = 0;

  add(due: Due, processors: Processors): void {
    if (this.#laneOf.has(due.id)) return;
    const lane = this.#lane(processors);
    lane.waiting.set(due.id, due);
    lane.kind.ready.add(lane);
    this.#laneOf.set(due.id, lane);
  }

  remove(id: bigint): void {
    const lane = this.#laneOf.get(id);
    if (!lane) return;
    this.#laneOf.delete(id);
    lane.waiting.delete(id);
    if (lane.waiting.size === 0) lane.kind.ready.delete(lane);
    this.#forgetIdle(lane);
  }

  /** Takes the next one that there is room for; its end is told by calling `done`, once. */
  take(): { readonly due: Due; readonly done: () => void } | undefined {
    const lane = this.#active < ACTIVE_MAX ? this.#nextLane() : undefined;
    const [due] = lane?.waiting.values() ?? [];
    if (!lane || !due) return undefined;
    this.#count(lane, 1);
    this.remove(due.id);
    this.#toTheEnd(lane);
    const done = (): void => {
      this.#count(lane, -1);
      this.#forgetIdle(lane);
    };
    return { due, done };
  }

  #nextLane(): Lane | undefined {
    for (const kind of this.#kinds.values()) {
      if (kind.active >= ACTIVE_MAX_OF_KIND) continue;
      // At most a few are passed over: as many as can be full.
      for (const lane of kind.ready) if (lane.active < ACTIVE_MAX_OF_LANE) return lane;
    }
    return undefined;
  }

  #toTheEnd(lane: Lane): void {
    const { kind, kindKey } = lane;
    if (kind.ready.delete(lane)) kind.ready.add(lane);
    this.#kinds.delete(kindKey);
    this.#kinds.set(kindKey, kind);
  }

  #count(lane: Lane, change: 1 | -1): void {
    lane.active += change;
    lane.kind.active += change;
    this.#active += change;
  }

  #lane(processors: Processors): Lane {
    const names = Object.keys(processors).sort();
    const key = JSON.stringify(names.map((name) => [name, settingsOf(processors, name)]));
    const known = this.#lanes.get(key);
    if (known) return known;
    const kindKey = JSON.stringify(names);
    const kind = this.#kinds.get(kindKey) ?? { ready: new Set(), lanes: 0, active: 0 };
    this.#kinds.set(kindKey, kind);
    kind.lanes += 1;
    const lane = { key, kindKey, kind, waiting: new Map<bigint, Due>(), active: 0 };
    this.#lanes.set(key, lane);
    return lane;
  }

  #forgetIdle({ key, kindKey, kind, waiting, active }: Lane): void {
    if (waiting.size > 0 || active > 0) return;
    this.#lanes.delete(key);
    kind.lanes -= 1;
    if (kind.lanes === 0) this.#kinds.delete(kindKey);
  }
}

/** Key by key, whatever their order. */
function settingsOf(processors: Processors, name: string): (readonly [key: string, value: string | undefined])[] {
  const settings = processors[name] ?? {};
  return Object.keys(settings)
    .sort()
    .map((key) => [key, settings[key]]);
}
