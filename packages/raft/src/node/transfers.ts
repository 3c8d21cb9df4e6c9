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

  /** After every turn: the core drops a transfer that takes too long. */
  check(): void {
    if (this.#waiting.length === 0) return;
    const { role, leadTransferee } = this.#host.core.basicStatus();
    if (role === 'leader' && leadTransferee === NONE) this.#reject('it did not take over within one election timeout');
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
