import { NONE } from '../core/ids.ts';
import type { NodeId } from '../core/types.ts';
import type { Host } from './host.ts';
import { LEASE_MARGIN } from './options.ts';
import { warmLinks } from './warm-links.ts';

/** Over which the voters that are left ask for votes, one after the other. */
const SPREAD_MS = 100;
/** Before each try: by then the others' turns of the try before are over. */
const MIN_MS = SPREAD_MS * 1.2;
/** Looks after one refused dial, as long as nobody else leads: the next dial may be far, since transports back off. */
const ATTEMPTS = 3;
/** Heartbeat intervals without a word. */
const SILENT_TICKS = 1.2;

/**
 * Campaigns soon when the leader's address answers that nobody listens there, and the leader is silent for longer than
 * its lease may last: its process is gone, or something between refuses in its name, and then its lease has run out.
 * Mere silence has to wait for the election timeout.
 *
 * The first to notice is not heard by those who have not, and the last to notice may lack entries that the first has: so
 * this is repeated, a few times for each refused dial, until somebody leads.
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
    host.emitter.on('leadership', ({ isLeader, leaderId }) => {
      if (!isLeader && leaderId !== NONE) warmLinks(host);
    });
  }

  /** The leader spoke. */
  heard(): void {
    this.#heardMs = this.#host.modules.clock.monotonicMs();
  }

  leaderGone(id: NodeId): void {
    if (this.#pending || !this.#waits(id)) return;
    warmLinks(this.#host);
    this.#wait(id, ATTEMPTS);
  }

  /** Whether this server follows the one that is gone, or nobody since. */
  #waits(id: NodeId): boolean {
    const { lead, role } = this.#host.core.basicStatus();
    return role !== 'leader' && (lead === id || (lead === NONE && id === this.#gone));
  }

  #wait(id: NodeId, attempts: number): void {
    const { modules, electionMs, options } = this.#host;
    this.#pending = true;
    const startMs = modules.clock.monotonicMs();
    const leaseEndMs = this.#heardMs + options.leaseTimeoutMs * LEASE_MARGIN;
    const leastMs = Math.max(MIN_MS, options.tickMs * SILENT_TICKS, leaseEndMs - startMs);
    const delayMs = Math.min(leastMs + this.#turnMs(id), electionMs);
    modules.timers.after(delayMs, () => {
      this.#pending = false;
      if (!this.#host.running) return;
      if (this.#heardMs < startMs) this.#giveUp(id);
      // What was on its way when the leader ended may have been heard since.
      if (this.#waits(id) && attempts > 1) this.#wait(id, attempts - 1);
    });
  }

  /** Two that become candidates at once split the votes, and have to wait for the election timeout. */
  #turnMs(gone: NodeId): number {
    const { members, options, modules } = this.#host;
    const left = members.conf.voters.filter((voter) => voter !== gone).toSorted();
    const slotMs = SPREAD_MS / Math.max(left.length, 1);
    return Math.max(left.indexOf(options.id), 0) * slotMs + modules.random.nextInt(Math.ceil(slotMs / 2));
  }

  #giveUp(id: NodeId): void {
    const { core } = this.#host;
    // It also grants pre-votes to others who noticed.
    if (core.basicStatus().lead === id) this.#host.guard(() => core.forgetLeader());
    this.#gone = id;
    // A candidate's votes are on their way: asking anew would make them void.
    const { lead, role } = core.basicStatus();
    if (lead === NONE && role !== 'candidate') this.#campaign();
  }
}
