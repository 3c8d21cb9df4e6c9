import type { FoundingRecord } from '../../src/formation/record.ts';
import { clusterIdOf, type Folder } from './folder.ts';

/** A promise that was broken. */
export class Violation extends Error {
  readonly invariant: string;

  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`);
    this.invariant = invariant;
  }
}

/** Watches all durable writes. */
export class Checks {
  readonly founded = new Map<string, FoundingRecord>();
  /** What each birth is promised to, durably; of births that are gone too. */
  readonly #pledges = new Map<string, string>();
  /** Number of the last attempt of each founder. */
  readonly #attempts = new Map<string, number>();

  pledged(birth: string, record: FoundingRecord | undefined): void {
    const id = record === undefined ? '' : clusterIdOf(record);
    const held = this.#pledges.get(birth) ?? '';
    if (id !== '' && held !== '' && held !== id) {
      throw new Violation('OnePledge', `birth ${birth} promised to ${held} promises itself to ${id}`);
    }
    if (id === '' && this.founded.has(held)) {
      throw new Violation('PledgeKept', `birth ${birth} is released from ${held}, which is founded`);
    }
    if (record !== undefined && record.members[0]!.birth === birth && held !== id) {
      const last = this.#attempts.get(birth) ?? 0;
      if (record.attempt <= last)
        throw new Violation('Attempts', `attempt ${record.attempt} of ${birth} after ${last}`);
      this.#attempts.set(birth, record.attempt);
    }
    this.#pledges.set(birth, id);
  }

  /** A server becomes a member of the record, first of all in its identity. */
  member(birth: string, record: FoundingRecord, by: Folder): void {
    const id = clusterIdOf(record);
    if (by.clusterId !== '' && by.clusterId !== id) {
      throw new Violation('OneCluster', `birth ${birth} of cluster ${by.clusterId} becomes a member of ${id}`);
    }
    if (this.founded.has(id)) return;
    for (const { id: name, birth: member } of record.members) {
      if (this.#pledges.get(member) !== id) {
        throw new Violation(
          'AllPledged',
          `${id} is founded though ${name} (${member}) is promised to ${this.#pledges.get(member) || 'nothing'}`,
        );
      }
    }
    for (const [otherId, other] of this.founded) {
      const shared = record.members.find((a) => other.members.some((b) => b.birth === a.birth));
      if (shared !== undefined) throw new Violation('OneCluster', `${id} and ${otherId} share ${shared.birth}`);
    }
    const founder = record.members[0]!;
    if (founder.birth !== birth) throw new Violation('FounderFirst', `${id} is founded by ${birth}`);
    this.founded.set(id, record);
  }

  /** A leader has called a server in. */
  called(folder: Folder, clusterId: string): void {
    if (folder.pledge !== undefined && clusterIdOf(folder.pledge) !== clusterId) {
      throw new Violation(
        'PledgeKept',
        `birth ${folder.birth}, promised to ${clusterIdOf(folder.pledge)}, joins ${clusterId}`,
      );
    }
    if (folder.clusterId !== '' && folder.clusterId !== clusterId) {
      throw new Violation('OneCluster', `birth ${folder.birth} of ${folder.clusterId} joins ${clusterId}`);
    }
  }
}

export function majorityOf(record: FoundingRecord): number {
  return Math.floor(record.members.length / 2) + 1;
}
