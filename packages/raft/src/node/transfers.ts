import { NONE } from '../core/ids.ts';
import type { NodeId } from '../core/types.ts';
import { notLeader, RaftError } from './errors.ts';
import type { Host } from './host.ts';
import { isVoter } from './members.ts';

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Handing over leadership: done when it is lost, failed when the core gives up after one election timeout. */
export class Transfers {
  readonly #host: Host;
  #to: NodeId = NONE;
  #waiting: Waiting[] = [];
  #toldTerm = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  /** @param to - `''` for the voter that has most of the log */
  start(to: NodeId): Promise<void> {
    const { core, members } = this.#host;
    const { role, lead, leadTransferee } = core.basicStatus();
    if (role !== 'leader') throw notLeader(lead, this.#host.address(lead));
    if (to === core.id) throw failedTo(to, 'it leads already');
    if (to !== NONE && !isVoter(members.conf, to)) throw failedTo(to, 'it is no voter');
    if (leadTransferee !== NONE && to !== NONE && to !== leadTransferee) this.#reject(`${to} is to lead instead`);
    this.#host.attempt(() => core.transferLeader(to));
    const target = core.basicStatus().leadTransferee;
    if (target === NONE) throw failedTo(to, 'there is no other voter');
    this.#to = target;
    this.#host.schedule();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Whether somebody was told to campaign in this term, against whom no follower keeps to its leader: no lease holds. */
  toldIn(term: number): boolean {
    return this.#toldTerm === term;
  }

  /** The core told the target to take over. */
  told(): void {
    this.#toldTerm = this.#host.core.basicStatus().term;
  }

  /** After every turn: the core drops a transfer that takes too long. */
  check(): void {
    if (this.#waiting.length === 0 && this.#toldTerm === 0) return;
    const { core, disk } = this.#host;
    const { role, leadTransferee, term } = core.basicStatus();
    if (role !== 'leader' || leadTransferee !== NONE) return;
    this.#reject('it did not take over within one election timeout');
    if (!this.toldIn(term)) return;
    // Who was told may still campaign, at any time: only another term ends that. Followers vote for their leader.
    core.stepDown();
    if (!disk.stuck) core.campaign();
    this.#host.schedule();
  }

  leadershipLost(): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve();
  }

  close(error: Error): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }

  #reject(why: string): void {
    this.close(failedTo(this.#to, why));
  }
}

function failedTo(to: NodeId, why: string): RaftError {
  return new RaftError('transfer_failed', `leadership was not handed to ${to || 'anybody'}: ${why}`, { to });
}
