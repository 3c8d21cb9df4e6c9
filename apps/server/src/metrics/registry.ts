import type { Counter, Gauge, Histogram, Labels, Metrics } from '@dkron/runtime';
import { labelText, sampleLine } from './exposition.ts';

/** Different label values of one metric; what comes on top is counted in `dkron_metrics_series_refused_total`. */
const SERIES_MAX = 100_000;
const REFUSED = 'dkron_metrics_series_refused_total';

/** A sum and a count, as the original tells how often and how long. */
export interface Summary {
  observe(value: number, labels?: Labels): void;
}

interface Family {
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram' | 'summary';
  readonly instrument: unknown;
  samples(): Iterable<string>;
}

/** Instruments that remember, and their text for Prometheus. */
export class MetricsRegistry implements Metrics {
  readonly #families = new Map<string, Family>();
  readonly #collectors: (() => void)[] = [];
  #refused = 0;

  counter(name: string, help: string): Counter {
    return this.#scalar(name, help, 'counter', (series) => ({
      add: (value: number, labels?: Labels) => series.change(labels, (before) => before + value),
    }));
  }

  gauge(name: string, help: string): Gauge {
    return this.#scalar(name, help, 'gauge', (series) => ({
      set: (value: number, labels?: Labels) => series.change(labels, () => value),
    }));
  }

  histogram(name: string, help: string, buckets: readonly number[]): Histogram {
    return this.#distribution(name, help, 'histogram', buckets);
  }

  summary(name: string, help: string): Summary {
    return this.#distribution(name, help, 'summary', []);
  }

  /** Called before each reading, for values that nobody tells of their own. */
  collect(collector: () => void): void {
    this.#collectors.push(collector);
  }

  /** All metrics in the text format 0.0.4, sorted by name. */
  render(): string {
    for (const collector of this.#collectors) collector();
    if (this.#refused > 0 && !this.#families.has(REFUSED)) {
      this.counter(REFUSED, 'Samples left out because their metric has too many label values').add(this.#refused);
    }
    const lines: string[] = [];
    for (const [name, { help, type, samples }] of [...this.#families].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      lines.push(`# HELP ${name} ${help.replaceAll('\\', String.raw`\\`).replaceAll('\n', String.raw`\n`)}`);
      lines.push(`# TYPE ${name} ${type}`, ...samples());
    }
    return `${lines.join('\n')}\n`;
  }

  #scalar<T>(name: string, help: string, type: 'counter' | 'gauge', make: (series: Series<number>) => T): T {
    return this.#family(name, () => {
      const series = new Series(
        SERIES_MAX,
        () => 0,
        () => (this.#refused += 1),
      );
      const samples = (): string[] => series.entries().map(([labels, value]) => sampleLine(name, labels, value));
      return { help, type, instrument: make(series), samples };
    });
  }

  #distribution(name: string, help: string, type: 'histogram' | 'summary', bounds: readonly number[]): Histogram {
    return this.#family(name, () => {
      const empty = (): Distribution => ({ sum: 0, count: 0, buckets: bounds.map(() => 0) });
      const series = new Series(SERIES_MAX, empty, () => (this.#refused += 1));
      const observe = (value: number, labels?: Labels): void =>
        series.change(labels, (before) => ({
          sum: before.sum + value,
          count: before.count + 1,
          buckets: before.buckets.map((count, i) => (value <= bounds[i]! ? count + 1 : count)),
        }));
      const samples = (): string[] =>
        series.entries().flatMap(([labels, value]) => lines(name, type, labels, value, bounds));
      return { help, type, instrument: { observe }, samples };
    });
  }

  #family<T>(name: string, make: () => Family & { readonly instrument: T }): T {
    const known = this.#families.get(name);
    if (known !== undefined) return known.instrument as T;
    const made = make();
    this.#families.set(name, made);
    return made.instrument;
  }
}

interface Distribution {
  readonly sum: number;
  readonly count: number;
  readonly buckets: readonly number[];
}

function lines(
  name: string,
  type: 'histogram' | 'summary',
  labels: string,
  { sum, count, buckets }: Distribution,
  bounds: readonly number[],
): string[] {
  const bucket = (bound: string, value: number): string =>
    sampleLine(`${name}_bucket`, [labels, labelText({ le: bound })].filter(Boolean).join(','), value);
  const bucketLines = bounds.map((bound, i) => bucket(String(bound), buckets[i]!));
  if (type === 'histogram') bucketLines.push(bucket('+Inf', count));
  return [...bucketLines, sampleLine(`${name}_sum`, labels, sum), sampleLine(`${name}_count`, labels, count)];
}

/** The values of one metric by their labels, written as they will be shown. */
class Series<T> {
  readonly #values = new Map<string, T>();
  readonly #max: number;
  readonly #empty: () => T;
  readonly #refuse: () => void;

  constructor(max: number, empty: () => T, refuse: () => void) {
    this.#max = max;
    this.#empty = empty;
    this.#refuse = refuse;
  }

  change(labels: Labels | undefined, change: (before: T) => T): void {
    const key = labels === undefined ? '' : labelText(labels);
    const before = this.#values.get(key);
    if (before === undefined && this.#values.size >= this.#max) return this.#refuse();
    this.#values.set(key, change(before ?? this.#empty()));
  }

  entries(): [labels: string, value: T][] {
    return [...this.#values];
  }
}
