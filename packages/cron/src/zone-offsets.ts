import { SECONDS_PER_DAY } from './calendar.ts';

/** A period of four years: the unit in which a zone's changes are read. */
const PERIOD = 1461 * SECONDS_PER_DAY;
/** Distance of samples. Two changes that cancel each other out within two days are not known in any zone. */
const SAMPLE = 2 * SECONDS_PER_DAY;
/** What `Intl` can format: 100,000,000 days around 1970. */
const MAX_SECONDS = 8.64e12;
/** Periods kept per zone; beyond, all are forgotten and read again when needed. */
const MAX_PERIODS = 64;

/** One offset in force: instants from `start` to before `end`, both clipped to the period that was read. */
export interface Span {
  readonly start: number;
  readonly end: number;
  /** Seconds east of UTC. */
  readonly offset: number;
}

/**
 * A zone as a table of the instants at which its offset changes. Read from `Intl` in periods of four years, each once,
 * when first asked for; afterwards a look-up is a few comparisons. Changes are found to the second.
 */
export class ZoneOffsets {
  readonly name: string;
  readonly #format: Intl.DateTimeFormat | undefined;
  readonly #periods = new Map<number, readonly Span[]>();
  #last: Span = { start: 0, end: 0, offset: 0 };

  constructor(name: string) {
    this.name = name;
    this.#format = isFixedUtc(name)
      ? undefined
      : new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' });
  }

  /** Seconds east of UTC at an instant in seconds. */
  offsetAt(seconds: number): number {
    return this.spanAt(seconds).offset;
  }

  /** The span that holds an instant in seconds. Neighbouring spans may have equal offsets. */
  spanAt(seconds: number): Span {
    const last = this.#last;
    if (seconds >= last.start && seconds < last.end) return last;
    const spans = this.#period(Math.floor(seconds / PERIOD));
    let i = spans.length - 1;
    while (i > 0 && seconds < (spans[i] as Span).start) i -= 1;
    const span = spans[i] as Span;
    this.#last = span;
    return span;
  }

  #period(index: number): readonly Span[] {
    const known = this.#periods.get(index);
    if (known !== undefined) return known;
    if (this.#periods.size >= MAX_PERIODS) this.#periods.clear();
    const spans = this.#format === undefined ? unbounded() : this.#read(index * PERIOD, (index + 1) * PERIOD);
    this.#periods.set(index, spans);
    return spans;
  }

  #read(from: number, to: number): readonly Span[] {
    const spans: Span[] = [];
    let start = from;
    let offset = this.#measure(from);
    for (let at = from; at < to; at += SAMPLE) {
      let low = at;
      const high = Math.min(at + SAMPLE, to);
      const after = this.#measure(high);
      while (offset !== after) {
        const change = this.#firstChange(low, high, offset);
        if (change >= to) break;
        spans.push({ start, end: change, offset });
        start = change;
        low = change;
        offset = this.#measure(change);
      }
    }
    spans.push({ start, end: to, offset });
    return spans;
  }

  /** The first second in (low, high] whose offset is not `offset`, provided that `high`'s is not. */
  #firstChange(low: number, high: number, offset: number): number {
    let before = low;
    let after = high;
    while (after - before > 1) {
      const middle = Math.floor((before + after) / 2);
      if (this.#measure(middle) === offset) before = middle;
      else after = middle;
    }
    return after;
  }

  #measure(seconds: number): number {
    const clipped = Math.max(-MAX_SECONDS, Math.min(MAX_SECONDS, seconds));
    const text = this.#format?.format(clipped * 1000) ?? '';
    const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text);
    const size = Number(match?.[2] ?? 0) * 3600 + Number(match?.[3] ?? 0) * 60 + Number(match?.[4] ?? 0);
    return match?.[1] === '-' ? -size : size;
  }
}

function isFixedUtc(name: string): boolean {
  return name === 'UTC' || name === 'Etc/UTC';
}

function unbounded(): readonly Span[] {
  return [{ start: -Infinity, end: Infinity, offset: 0 }];
}
