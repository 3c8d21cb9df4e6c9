import type { Clock, Counter, Fields, Logger, Metrics } from '@dkron/runtime';

const QUIET_MS = 60_000;
const MAX_REMEMBERED = 1024;
/** Lines of any kind in a minute: names come from the network, so there may be many. */
const MAX_LINES = 100;

/** What was refused: counted always, logged once a minute for each kind and peer, at most 100 lines in all. */
export class Refusals {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #handshakes: Counter;
  readonly #frames: Counter;
  readonly #loggedMs = new Map<string, number>();
  #minuteMs = Number.NEGATIVE_INFINITY;
  #lines = 0;

  constructor(modules: { readonly clock: Clock; readonly logger: Logger; readonly metrics: Metrics }) {
    const { clock, logger, metrics } = modules;
    this.#clock = clock;
    this.#logger = logger;
    this.#handshakes = metrics.counter('raft_grpc_handshakes_refused_total', 'Streams refused, by code and by whom');
    this.#frames = metrics.counter('raft_grpc_frames_refused_total', 'Streams ended for what came on them, by reason');
  }

  /** `by`: `us`, or the `peer`. */
  handshake(peer: string, by: 'us' | 'peer', code: string, message: string): void {
    this.#handshakes.add(1, { code, by });
    this.#log(`${by} ${code} ${peer}`, 'raft stream refused', { peer, by, code, message });
  }

  /** Bytes that no server of ours would send. */
  bytes(peer: string, reason: 'malformed' | 'oversized' | 'out_of_order', message: string): void {
    this.#frames.add(1, { reason });
    this.#log(`${reason} ${peer}`, 'raft stream ended: bad input', { peer, reason, message });
  }

  /** A stream that failed for a reason of our own side: a handler, an address that is none. */
  failure(peer: string, error: string): void {
    this.#log(`failure ${peer}`, 'raft stream failed', { peer, error });
  }

  #log(key: string, event: string, fields: Fields): void {
    const nowMs = this.#clock.monotonicMs();
    const lastMs = this.#loggedMs.get(key);
    if (lastMs !== undefined && nowMs - lastMs < QUIET_MS) return;
    if (nowMs - this.#minuteMs >= QUIET_MS) {
      this.#minuteMs = nowMs;
      this.#lines = 0;
    }
    this.#lines += 1;
    if (this.#lines > MAX_LINES) return;
    this.#loggedMs.delete(key);
    if (this.#loggedMs.size >= MAX_REMEMBERED) {
      const [oldest] = this.#loggedMs.keys();
      this.#loggedMs.delete(oldest!);
    }
    this.#loggedMs.set(key, nowMs);
    this.#logger.warn(event, fields);
  }
}
