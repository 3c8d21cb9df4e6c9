import { WireError } from '../errors.ts';
import type { PingedEvent } from '../swim/effects.ts';
import { type Coordinate, decodeCoordinate, encodeCoordinate } from '../wire/coordinate.ts';
import type { SerfContext } from './context.ts';
import { distance, type Place, Vivaldi } from './vivaldi.ts';

const SECOND_MS = 1000;

/** Places of members in the network's latency space: ours goes with each ack, theirs come with the acks of our pings. */
export class Coordinates {
  readonly #context: SerfContext;
  readonly #vivaldi: Vivaldi;
  readonly #places = new Map<string, Place>();
  #encoded: Uint8Array | undefined;

  constructor(context: SerfContext) {
    this.#context = context;
    this.#vivaldi = new Vivaldi(context.random);
  }

  /** What goes with our acks; `undefined` if coordinates are off. */
  get ackPayload(): (() => Uint8Array) | undefined {
    if (!this.#context.tuning.coordinates) return undefined;
    return () => (this.#encoded ??= encodeCoordinate(this.#vivaldi.place));
  }

  /** A member answered a ping. One that sends no coordinate is passed over. */
  take({ node, rttMs, payload }: PingedEvent): void {
    if (!this.#context.tuning.coordinates || payload.length === 0) return;
    const other = this.#read(node.name, payload);
    if (other === undefined) return;
    const problem = this.#vivaldi.update(node.name, other, rttMs / SECOND_MS);
    if (problem !== undefined) {
      this.#context.notice('coordinate', node.name, problem);
      return;
    }
    this.#places.set(node.name, other as Place);
    this.#encoded = undefined;
  }

  forget(name: string): void {
    this.#vivaldi.forget(name);
    this.#places.delete(name);
  }

  /** Of us, or of a member whose we know. */
  of(name: string): Coordinate | undefined {
    return name === this.#context.name ? this.#vivaldi.place : this.#places.get(name);
  }

  /** Estimated round trip to a member, or between two; `undefined` if a place is not known. */
  rttMs(name: string, from: string): number | undefined {
    const [here, there] = [this.of(from), this.of(name)];
    return here === undefined || there === undefined ? undefined : distance(here as Place, there as Place) * SECOND_MS;
  }

  #read(name: string, payload: Uint8Array): Coordinate | undefined {
    try {
      return decodeCoordinate(payload);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#context.notice('coordinate', name, error.message);
      return undefined;
    }
  }
}
