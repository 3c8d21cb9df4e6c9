import { NONE } from '../core/ids.ts';
import type { NodeId } from '../core/types.ts';
import type { Host } from './host.ts';

const MIN_MS = 50;
const SPREAD_MS = 100;
/** Heartbeat intervals without a word. */
const SILENT_TICKS = 1.2;

/**
 * Campaigns soon when the leader's address answers that nobody listens there, and the leader is silent for longer than a
 * heartbeat interval: its process is gone. Mere silence has to wait for the election timeout, since the leader may be
 * alive behind a cut, with a lease that counts on its followers.
 *
 * The first to notice is not heard by those who have not, and the last to notice may lack entries that the first has: so
 * this is repeated, at most once for each refused dial, until somebody leads.
 */
export class FastFailover {
  readonly #host: Host;
  readonly #campaign: () => void;
  #pending = false;
  #heardMs = -Infinity;
  /** The leader that was given up last. */
  #gone: NodeId = NONE;

  constructor(host: Host, campaign: () => void) {
    this.#host = host;
    this.#campaign = campaign;
  }

  /** The leader spoke. */
  heard(): void {
    if (this.#pending) this.#heardMs = this.#host.modules.clock.monotonicMs();
  }

  leaderGone(id: NodeId): void {
    const { core, modules, electionMs, options } = this.#host;
    const { lead, role } = core.basicStatus();
    const goneStill = lead === NONE && id === this.#gone;
    if ((lead !== id && !goneStill) || role === 'leader' || this.#pending) return;
    this.#pending = true;
    const startMs = modules.clock.monotonicMs();
    const leastMs = Math.max(MIN_MS, options.tickMs * SILENT_TICKS);
    const delayMs = Math.min(leastMs + modules.random.nextInt(SPREAD_MS), electionMs);
    modules.timers.after(delayMs, () => {
      this.#pending = false;
      if (!this.#host.running || this.#heardMs >= startMs) return;
      // It also grants pre-votes to others who noticed.
      if (core.basicStatus().lead === id) core.forgetLeader();
      this.#gone = id;
      // A candidate's votes are on their way: asking anew would make them void.
      const { lead: nowLeads, role: nowRole } = core.basicStatus();
      if (nowLeads === NONE && nowRole !== 'candidate') this.#campaign();
    });
  }
}
