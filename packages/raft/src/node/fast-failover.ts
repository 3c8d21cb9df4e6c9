import { NONE } from '../core/ids.ts';
import type { NodeId } from '../core/types.ts';
import type { Host } from './host.ts';

const MIN_MS = 50;
const SPREAD_MS = 100;

/**
 * Campaigns soon when the leader's address answers that nobody listens there: its process is gone. Mere silence has to
 * wait for the election timeout, since the leader may be alive behind a cut.
 */
export class FastFailover {
  readonly #host: Host;
  readonly #campaign: () => void;
  #pending = false;

  constructor(host: Host, campaign: () => void) {
    this.#host = host;
    this.#campaign = campaign;
  }

  leaderGone(id: NodeId): void {
    const { core, modules, electionMs } = this.#host;
    const { lead, role } = core.basicStatus();
    if (lead !== id || role === 'leader' || this.#pending) return;
    // From now on this server grants pre-votes to others who noticed as well.
    core.forgetLeader();
    this.#pending = true;
    const delayMs = Math.min(MIN_MS + modules.random.nextInt(SPREAD_MS), electionMs);
    modules.timers.after(delayMs, () => {
      this.#pending = false;
      if (this.#host.running && core.basicStatus().lead === NONE) this.#campaign();
    });
  }
}
