import type { Change, ReconcileInput } from './types.ts';

/** Who votes after a change. */
export function votersAfter(input: ReconcileInput, change: Change): string[] {
  const voters = input.configuration.servers.filter(({ voter }) => voter).map(({ id }) => id);
  switch (change.kind) {
    case 'promote':
      return [...voters, change.id];
    case 'remove':
      return voters.filter((id) => id !== change.id);
    case 'swap':
      return [...voters.filter((id) => id !== change.out), change.in];
    case 'add-learner':
    case 'transfer':
      return voters;
  }
}

/**
 * Voters without which a change is not safe: those that are not both alive and heard of, when the rest is no majority.
 * Empty when the change may be made. A joint change needs both majorities.
 */
export function quorumGaps(input: ReconcileInput, change: Change): string[] {
  const halves = [votersAfter(input, change)];
  if (change.kind === 'swap') halves.push(votersAfter(input, { kind: 'transfer' }));
  const gaps = halves.flatMap((voters) => {
    const missing = voters.filter((id) => !isWorking(input, id));
    return 2 * (voters.length - missing.length) > voters.length ? [] : missing;
  });
  return [...new Set(gaps)].toSorted();
}

/** Alive by gossip and heard of by replication; the leader itself always. */
function isWorking({ self, servers, contacts }: ReconcileInput, id: string): boolean {
  return id === self || (servers.get(id)?.status === 'alive' && contacts.get(id)?.recent === true);
}
