import type { AskDescription } from '@dkron/cluster';
import type { RaftNode } from '@dkron/raft';
import type { Cancel, Clock, Timers } from '@dkron/runtime';
import { NANOS_PER_MILLISECOND } from '@dkron/runtime';
import type { PoolMembership } from './pool-membership.ts';

const EVERY_MS = 10_000;
const SOON_MS = 1_000;
const ASK_MS = 1_000;

/** What another server of the cluster said of itself. */
export interface SurveyedServer {
  readonly software: string;
  readonly featureMax: number;
  /** How far this server's clock is ahead of that one's; negative = behind. */
  readonly aheadMs: number;
}

export interface SurveyModules {
  readonly raft: Pick<RaftNode, 'getConfiguration'>;
  readonly membership: Pick<PoolMembership, 'rpcAddress'>;
  readonly describe: AskDescription;
  readonly clock: Clock;
  readonly timers: Timers;
}

/** Asks the other servers of the cluster what they know and what time it is, again and again, so that a leader knows at once. */
export class ServerSurvey {
  readonly #self: string;
  readonly #modules: SurveyModules;
  readonly #servers = new Map<string, SurveyedServer>();
  readonly #listeners: (() => void)[] = [];
  #cancel: Cancel | undefined;
  #asking = false;
  #stopped = true;

  constructor(self: string, modules: SurveyModules) {
    this.#self = self;
    this.#modules = modules;
  }

  start(): void {
    this.#stopped = false;
    this.soon();
  }

  stop(): void {
    this.#stopped = true;
    this.#cancel?.();
  }

  /** Called after each round. */
  onRound(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Who is there has changed. */
  soon(): void {
    if (!this.#stopped) this.#after(SOON_MS);
  }

  /** What a member said last; undefined = nothing yet. */
  of(id: string): SurveyedServer | undefined {
    return this.#servers.get(id);
  }

  /** How far this clock is ahead of more than half of the voters; 0 = it is not, or too few answered. */
  aheadOfMostMs(): number {
    const { voters } = this.#modules.raft.getConfiguration().conf;
    const ahead = voters
      .filter((id) => id !== this.#self)
      .map((id) => this.#servers.get(id)?.aheadMs ?? 0)
      .sort((a, b) => b - a);
    return Math.max(0, ahead[Math.floor(voters.length / 2)] ?? 0);
  }

  async #round(): Promise<void> {
    const { raft, membership } = this.#modules;
    const ids = raft.getConfiguration().members.map(({ id }) => id);
    for (const id of this.#servers.keys()) if (!ids.includes(id)) this.#servers.delete(id);
    await Promise.all(
      ids.map(async (id) => {
        const address = id === this.#self ? '' : membership.rpcAddress(id);
        if (address !== '') await this.#ask(id, address);
      }),
    );
  }

  async #ask(id: string, address: string): Promise<void> {
    const { describe, clock } = this.#modules;
    const sentMs = clock.monotonicMs();
    const outcome = await describe(address, ASK_MS);
    if (outcome.kind !== 'ours' || outcome.description.name !== id) return;
    const { software, featureMax, wallMs } = outcome.description;
    const wayBackMs = (clock.monotonicMs() - sentMs) / 2;
    const nowMs = Number(clock.wallNanos() / NANOS_PER_MILLISECOND);
    this.#servers.set(id, { software, featureMax, aheadMs: wallMs === 0 ? 0 : nowMs - (wallMs + wayBackMs) });
  }

  #after(delayMs: number): void {
    this.#cancel?.();
    this.#cancel = this.#modules.timers.after(delayMs, () => {
      if (this.#asking || this.#stopped) return;
      this.#asking = true;
      void this.#round().finally(() => {
        this.#asking = false;
        if (this.#stopped) return;
        for (const listener of this.#listeners) listener();
        this.#after(EVERY_MS);
      });
    });
  }
}
