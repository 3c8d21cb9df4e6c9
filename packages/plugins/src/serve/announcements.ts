import type { Timers } from '@dkron/runtime';
import type { ConnInfo } from '../wire/grpc/messages.ts';

const WAIT_MS = 5_000;
const HELD_MAX = 4_096;

/** Connections that the host offers, by their number. An offer and who asks for it come in any order. */
export class Announcements {
  readonly #timers: Timers;
  readonly #offers = new Map<number, ConnInfo>();
  readonly #waiting = new Map<number, (offer: ConnInfo) => void>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  add(offer: ConnInfo): void {
    const take = this.#waiting.get(offer.serviceId);
    if (take) return take(offer);
    if (this.#offers.size >= HELD_MAX || this.#offers.has(offer.serviceId)) return;
    this.#offers.set(offer.serviceId, offer);
    this.#timers.after(WAIT_MS, () => this.#offers.delete(offer.serviceId));
  }

  /** Undefined when there is no offer within five seconds. */
  async take(id: number): Promise<ConnInfo | undefined> {
    const offer = this.#offers.get(id);
    if (offer) {
      this.#offers.delete(id);
      return offer;
    }
    const { promise, resolve } = Promise.withResolvers<ConnInfo | undefined>();
    this.#waiting.set(id, resolve);
    const cancel = this.#timers.after(WAIT_MS, () => resolve(undefined));
    const found = await promise;
    cancel();
    this.#waiting.delete(id);
    return found;
  }
}
