/** Greatest Lamport time that we take from others: it leaves room for four billion of our own up to 2^53. */
export const LAMPORT_MAX: number = 2 ** 53 - 2 ** 32;

/** Counts what happened before what. Never goes back. */
export class LamportClock {
  #time = 1;

  /** What the next message of ours is to carry. */
  get time(): number {
    return this.#time;
  }

  /** The time before it is counted up. */
  tick(): number {
    return this.#time++;
  }

  /** Somebody has reached `time`, at most {@link LAMPORT_MAX}: we go beyond it. */
  witness(time: number): void {
    if (time >= this.#time && time <= LAMPORT_MAX) this.#time = time + 1;
  }
}
