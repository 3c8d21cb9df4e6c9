import type { FormationState } from '../../src/formation/types.ts';
import type { FoundingRecord } from '../../src/formation/record.ts';

/** What survives a crash. */
export interface Folder {
  birth: string;
  attempt: number;
  pledge: FoundingRecord | undefined;
  clusterId: string;
  /** The record it is a voter of, once it has the founding entry. */
  log: FoundingRecord | undefined;
}

export function emptyFolder(birth: string): Folder {
  return { birth, attempt: 0, pledge: undefined, clusterId: '', log: undefined };
}

export function stateOf({ birth, attempt, pledge, clusterId }: Folder): FormationState {
  return { birth, attempt, clusterId, ...(pledge === undefined ? {} : { pledge }) };
}

/** In place of the digest: the record itself. */
export function clusterIdOf(record: FoundingRecord): string {
  return `${record.region}#${record.attempt}#${record.members.map(({ id, birth }) => `${id}=${birth}`).join(',')}`;
}
