import type { Random } from '@dkron/runtime';
import type { Coordinate } from '../wire/coordinate.ts';

/** A coordinate that is used: eight dimensions, all finite. */
export interface Place extends Coordinate {
  readonly vec: readonly number[];
}

const DIMENSIONS = 8;
const ERROR_MAX = 1.5;
const ERROR_SHARE = 0.25;
const FORCE_SHARE = 0.25;
const HEIGHT_MIN = 1e-5;
const ZERO = 1e-6;
const GRAVITY = 150;
const ADJUSTMENT_SAMPLES = 20;
const RTT_SAMPLES = 3;
const RTT_MAX_SECONDS = 10;
const FULL = 2 ** 32;

/** Where everybody begins. */
export const ORIGIN: Place = {
  vec: Array.from({ length: DIMENSIONS }, () => 0),
  error: ERROR_MAX,
  height: HEIGHT_MIN,
  adjustment: 0,
};

/** Whether a peer's coordinate can be used. */
export function isPlace({ vec, error, height, adjustment }: Coordinate): boolean {
  return vec?.length === DIMENSIONS && [...vec, error, height, adjustment].every(Number.isFinite);
}

/** Estimated round trip in seconds. */
export function distance(a: Place, b: Place): number {
  const raw = rawDistance(a, b);
  const adjusted = raw + a.adjustment + b.adjustment;
  return adjusted > 0 ? adjusted : raw;
}

/** Finds our place among the others from measured round trips: Vivaldi, with height, adjustment and a little gravity. */
export class Vivaldi {
  readonly #random: Random;
  /** Last round trips to each, in seconds. */
  readonly #rtts = new Map<string, number[]>();
  readonly #adjustments: number[] = Array.from({ length: ADJUSTMENT_SAMPLES }, () => 0);
  #nextAdjustment = 0;
  #place = ORIGIN;
  #resets = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  get place(): Place {
    return this.#place;
  }

  /** How often we began anew because the numbers ran away. */
  get resets(): number {
    return this.#resets;
  }

  /** A ping to `node` at `other` took `rttSeconds`. Returns what is wrong with that, or `undefined`. */
  update(node: string, other: Coordinate, rttSeconds: number): string | undefined {
    if (!isPlace(other)) return 'numbers that are none, or other dimensions';
    if (!(rttSeconds >= 0 && rttSeconds <= RTT_MAX_SECONDS)) return `round trip of ${rttSeconds} s`;
    const there = other as Place;
    const rtt = this.#filter(node, rttSeconds);
    this.#pull(there, rtt);
    this.#adjust(there, rtt);
    const gravity = -((distance(ORIGIN, this.#place) / GRAVITY) ** 2);
    this.#place = this.#moved(gravity, ORIGIN);
    if (!isPlace(this.#place)) {
      this.#resets++;
      this.#place = ORIGIN;
    }
    return undefined;
  }

  forget(node: string): void {
    this.#rtts.delete(node);
  }

  /** The middle one of the last three, so that one hiccup counts for nothing. */
  #filter(node: string, rttSeconds: number): number {
    const samples = [...(this.#rtts.get(node) ?? []), rttSeconds].slice(-RTT_SAMPLES);
    this.#rtts.set(node, samples);
    return samples.toSorted((a, b) => a - b)[Math.floor(samples.length / 2)]!;
  }

  #pull(other: Place, measured: number): void {
    const rtt = Math.max(measured, ZERO);
    const estimated = distance(this.#place, other);
    const wrongness = Math.abs(estimated - rtt) / rtt;
    const { error } = this.#place;
    const weight = error / Math.max(error + other.error, ZERO);
    const next = ERROR_SHARE * weight * wrongness + error * (1 - ERROR_SHARE * weight);
    this.#place = { ...this.#place, error: Math.min(next, ERROR_MAX) };
    this.#place = this.#moved(FORCE_SHARE * weight * (rtt - estimated), other);
  }

  #adjust(other: Place, rtt: number): void {
    this.#adjustments[this.#nextAdjustment] = rtt - rawDistance(this.#place, other);
    this.#nextAdjustment = (this.#nextAdjustment + 1) % ADJUSTMENT_SAMPLES;
    const sum = this.#adjustments.reduce((total, one) => total + one, 0);
    this.#place = { ...this.#place, adjustment: sum / (2 * ADJUSTMENT_SAMPLES) };
  }

  /** Our place after a force away from `other`. */
  #moved(force: number, other: Place): Place {
    const here = this.#place;
    const apart = here.vec.map((one, i) => one - other.vec[i]!);
    const length = magnitude(apart);
    const unit = length > ZERO ? apart.map((one) => one / length) : this.#anyDirection();
    const vec = here.vec.map((one, i) => one + unit[i]! * force);
    if (length <= ZERO) return { ...here, vec };
    return {
      ...here,
      vec,
      height: Math.max(HEIGHT_MIN, ((here.height + other.height) * force) / length + here.height),
    };
  }

  #anyDirection(): number[] {
    const vec = ORIGIN.vec.map(() => this.#random.nextInt(FULL) / FULL - 0.5);
    const length = magnitude(vec);
    return length > ZERO ? vec.map((one) => one / length) : ORIGIN.vec.map((_, i) => (i === 0 ? 1 : 0));
  }
}

function rawDistance(a: Place, b: Place): number {
  return magnitude(a.vec.map((one, i) => one - b.vec[i]!)) + a.height + b.height;
}

function magnitude(vec: readonly number[]): number {
  return Math.sqrt(vec.reduce((sum, one) => sum + one * one, 0));
}
