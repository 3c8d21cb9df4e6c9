import { NONE } from '../core/ids.ts';
import type { CatchUps } from './catch-up.ts';
import type { LeadershipEvent } from './events.ts';
import type { Host } from './host.ts';
import type { Membership } from './membership.ts';
import type { Proposals } from './proposals.ts';
import type { Reads } from './reads.ts';
import type { Transfers } from './transfers.ts';

/** Who waits for something that only a leader does. */
interface Waiters {
  readonly proposals: Proposals;
  readonly reads: Reads;
  readonly membership: Membership;
  readonly catchUps: CatchUps;
  readonly transfers: Transfers;
}

/** Who leads, as this server knows it, and what follows from each change of that for those who wait. */
export class Leadership {
  readonly #host: Host;
  readonly #waiters: Waiters;
  #known: LeadershipEvent;

  constructor(host: Host, waiters: Waiters) {
    this.#host = host;
    this.#waiters = waiters;
    const { term } = host.core.basicStatus();
    this.#known = { isLeader: false, term, leaderId: NONE, leaderAddress: '' };
  }

  get known(): LeadershipEvent {
    return this.#known;
  }

  /** Looks at the core, and tells who is concerned if something changed. */
  observe(): void {
    const { core, metrics, modules, emitter } = this.#host;
    const { role, lead, term } = core.basicStatus();
    const old = this.#known;
    const isLeader = role === 'leader';
    if (old.isLeader === isLeader && old.leaderId === lead && old.term === term) return;
    this.#known = { isLeader, term, leaderId: lead, leaderAddress: this.#host.address(lead) };
    const { proposals, reads, membership, catchUps, transfers } = this.#waiters;
    if (old.isLeader && (!isLeader || old.term !== term)) {
      proposals.loseLeadership(old.term);
      membership.close();
      catchUps.close();
      transfers.leadershipLost();
    }
    if (old.isLeader !== isLeader || old.leaderId !== lead) {
      reads.leaderChanged(old.term);
      metrics.leaderChanges.add(1);
    }
    if (isLeader && !old.isLeader) reads.renewLease(core);
    modules.logger.info('raft leadership', { ...this.#known });
    emitter.emit('leadership', this.#known);
  }
}
