import type { Clock, Counter, Logger } from '@dkron/runtime';
import { printable } from './printable.ts';

interface Seen {
  readonly untilMs: number;
  suppressed: number;
}

const MAX_DETAIL_CHARACTERS = 256;
/** Different faults that are remembered at a time; beyond, new peers are not told apart. */
const MAX_SEEN = 512;

export interface PeerFaultsModules {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly counter: Counter;
}

/** Faults of peers: each is counted, and per kind and address one in an interval is logged. */
export class PeerFaults {
  readonly #intervalMs: number;
  readonly #modules: PeerFaultsModules;
  readonly #seen = new Map<string, Seen>();

  constructor({ intervalMs }: { readonly intervalMs: number }, modules: PeerFaultsModules) {
    this.#intervalMs = intervalMs;
    this.#modules = modules;
  }

  /** @param code - of a closed set; it labels the counter. @param ip - without the port, which changes with each try */
  report(code: string, ip: string | undefined, detail: string): void {
    const { clock, logger, counter } = this.#modules;
    counter.add(1, { code });
    const nowMs = clock.monotonicMs();
    const peer = this.#isTooMany(nowMs) && !this.#seen.has(`${code} ${ip}`) ? 'many' : (ip ?? 'unknown');
    const key = `${code} ${peer}`;
    const seen = this.#seen.get(key);
    if (seen !== undefined && nowMs < seen.untilMs) {
      seen.suppressed++;
      return;
    }
    this.#seen.delete(key);
    this.#seen.set(key, { untilMs: nowMs + this.#intervalMs, suppressed: 0 });
    const more = seen === undefined || seen.suppressed === 0 ? {} : { suppressed: seen.suppressed };
    logger.warn('gossip: fault of a peer', { code, peer, detail: printable(detail, MAX_DETAIL_CHARACTERS), ...more });
  }

  /** Forgets what is over first; entries are in the order of their end. */
  #isTooMany(nowMs: number): boolean {
    if (this.#seen.size < MAX_SEEN) return false;
    for (const [key, { untilMs }] of this.#seen) {
      if (untilMs > nowMs) break;
      this.#seen.delete(key);
    }
    return this.#seen.size >= MAX_SEEN;
  }
}
