import { type Cancel, type Clock, type Logger, messageOf, type Timers } from '@dkron/runtime';
import { ClusterError } from '../errors.ts';

export interface JoinerOptions {
  /** As configured: `host`, `host:port`, templates and whatever else `resolve` knows. */
  readonly targets: readonly string[];
  /** Longest pause between tries. @default 30,000 */
  readonly retryIntervalMs?: number;
  /** How often it is tried again until the first success; 0 = for ever. @default 0 */
  readonly retryMax?: number;
  /** When others wait no longer for the first round. @default 10,000 */
  readonly firstRoundMs?: number;
}

/** What one contact came to. */
export interface Contacted {
  /** Names of the members that answered; the own one among them is no success. */
  readonly names: readonly string[];
  /** Addresses that did not, and why. */
  readonly failed: readonly { readonly address: string; readonly why: string }[];
}

export interface JoinerModules {
  /** Addresses of a target, asked at every try: names move. Rejects when there are none. */
  readonly resolve: (target: string) => Promise<readonly string[]>;
  /** Exchanges state with all of these members, as `join` of gossip does. */
  readonly contact: (addresses: readonly string[]) => Promise<Contacted>;
  /** The own name. */
  readonly self: string;
  /**
   * How many servers are alive, this one too, and how many there should be: of the configuration for a member,
   * `bootstrap-expect` before, one for an agent. While there are fewer, tries go on, or a full restart leaves islands.
   */
  readonly servers: () => { readonly alive: number; readonly wanted: number };
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  /** `retryMax` is exhausted: the process should end with 1. */
  readonly onExhausted: (error: ClusterError) => void;
}

const FIRST_PAUSE_MS = 250;

/** Tries the join targets until others are found, and again whenever servers are missing. */
export class Joiner {
  readonly #options: Required<JoinerOptions>;
  readonly #modules: JoinerModules;
  readonly #firstRound = Promise.withResolvers<void>();
  #tries = 0;
  /** In a row. */
  #vain = 0;
  #joined = false;
  #stopped = false;
  #cancel: Cancel | undefined;
  #cancelFirst: Cancel | undefined;

  constructor(options: JoinerOptions, modules: JoinerModules) {
    this.#options = { retryIntervalMs: 30_000, retryMax: 0, firstRoundMs: 10_000, ...options };
    this.#modules = modules;
  }

  /** Begins at once; does not wait for anything. */
  start(): void {
    this.#cancelFirst = this.#modules.timers.after(this.#options.firstRoundMs, () => this.#firstRound.resolve());
    void this.#try();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
    this.#endFirstRound();
  }

  /** Resolves when every target was tried once, or there was no more time for them. */
  get firstRound(): Promise<void> {
    return this.#firstRound.promise;
  }

  /** Whether any other member was ever reached. */
  get joined(): boolean {
    return this.#joined;
  }

  async #try(): Promise<void> {
    const { targets, retryMax } = this.#options;
    if (targets.length === 0) return this.#endFirstRound();
    const { others, problems } = await this.#round();
    if (this.#stopped) return;
    this.#tries += 1;
    this.#endFirstRound();
    if (others.length > 0) this.#reached(others);
    else this.#missed(problems);
    if (!this.#joined && retryMax > 0 && this.#tries > retryMax) return this.#exhausted(problems);
    this.#cancel = this.#modules.timers.after(this.#pauseMs(others.length > 0), () => void this.#again());
  }

  /** Nothing to do as long as nobody is missing. */
  async #again(): Promise<void> {
    if (this.#stopped) return;
    const { alive, wanted } = this.#modules.servers();
    if (!this.#joined || alive < wanted) return await this.#try();
    this.#vain = 0;
    this.#cancel = this.#modules.timers.after(this.#options.retryIntervalMs, () => void this.#again());
  }

  async #round(): Promise<{ readonly others: readonly string[]; readonly problems: readonly string[] }> {
    const { resolve, contact, self } = this.#modules;
    const problems: string[] = [];
    const resolved = await Promise.all(
      this.#options.targets.map((target) =>
        resolve(target).catch((error: unknown) => {
          problems.push(`${target}: ${messageOf(error)}`);
          return [];
        }),
      ),
    );
    const addresses = [...new Set(resolved.flat())];
    if (addresses.length === 0) return { others: [], problems };
    try {
      const { names, failed } = await contact(addresses);
      const others = names.filter((name) => name !== self);
      problems.push(...failed.map(({ address, why }) => `${address}: ${why}`));
      if (others.length === 0 && names.length > 0) problems.push('only this node itself answered');
      return { others, problems };
    } catch (error) {
      return { others: [], problems: [...problems, messageOf(error)] };
    }
  }

  #reached(others: readonly string[]): void {
    if (!this.#joined) this.#modules.logger.info('joined', { members: others });
    this.#joined = true;
  }

  #missed(problems: readonly string[]): void {
    const text = 'no other node was reached through the join targets; it is tried again';
    this.#modules.logger[this.#joined ? 'debug' : 'warn'](text, { tries: this.#tries, problems });
  }

  #exhausted(problems: readonly string[]): void {
    const { targets, retryMax } = this.#options;
    const text = `no other node was reached in ${this.#tries} tries (retry-max is ${retryMax}): ${problems.join('; ')}; check that these nodes run, and that names, ports and the key fit: ${targets.join(', ')}`;
    this.#modules.onExhausted(new ClusterError('join_exhausted', text, { targets, tries: this.#tries }));
  }

  /** 0.25, 0.5, 1 … s up to the interval while it is vain or servers are missing. */
  #pauseMs(success: boolean): number {
    const { retryIntervalMs } = this.#options;
    const { alive, wanted } = this.#modules.servers();
    if (success && alive >= wanted) {
      this.#vain = 0;
      return retryIntervalMs;
    }
    const pauseMs = FIRST_PAUSE_MS * 2 ** Math.min(this.#vain, 30);
    this.#vain += 1;
    return Math.min(pauseMs, retryIntervalMs);
  }

  #endFirstRound(): void {
    this.#cancelFirst?.();
    this.#firstRound.resolve();
  }
}
