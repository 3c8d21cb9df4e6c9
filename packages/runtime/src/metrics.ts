/** Names and values that tell the series of one instrument apart; keep their number bounded. */
export type Labels = Readonly<Record<string, string>>;

/** Only grows. */
export interface Counter {
  add(value: number, labels?: Labels): void;
}

/** Goes up and down. */
export interface Gauge {
  set(value: number, labels?: Labels): void;
}

/** Counts observations by size; the unit is that of the name. */
export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** Makes instruments; asking twice for one name gives the same instrument. Names are snake_case with the unit last. */
export interface Metrics {
  counter(name: string, help: string): Counter;
  gauge(name: string, help: string): Gauge;
  histogram(name: string, help: string, buckets: readonly number[]): Histogram;
}

const nothing = { add: () => {}, set: () => {}, observe: () => {} };

/** Instruments that record nothing. */
export const noMetrics: Metrics = {
  counter: () => nothing,
  gauge: () => nothing,
  histogram: () => nothing,
};
