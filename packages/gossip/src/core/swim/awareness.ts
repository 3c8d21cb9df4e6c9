/**
 * Lifeguard's local health: how much we doubt ourselves rather than others. 0 is healthy. Missed acks and nacks and
 * having to refute raise it, answered probes lower it.
 */
export class Awareness {
  readonly #max: number;
  #score = 0;

  /** `multiplierMax`: probes take at most so many times longer; 1 keeps the score at 0. */
  constructor(multiplierMax: number) {
    this.#max = multiplierMax - 1;
  }

  /** 0 to one less than the greatest multiplier. */
  get score(): number {
    return this.#score;
  }

  adjust(delta: number): void {
    this.#score = Math.min(this.#max, Math.max(0, this.#score + delta));
  }

  /** A time that grows with doubt. */
  scaleMs(ms: number): number {
    return ms * (this.#score + 1);
  }
}
