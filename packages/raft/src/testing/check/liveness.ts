import type { NodeId } from '../../core/index.ts';
import type { Checker, FinalView } from './checker.ts';
import { must } from './violation.ts';

/** I16: once faults stop there is one leader, and all members agree. */
export class Liveness implements Checker {
  readonly name = 'I16 liveness';

  finished(servers: readonly FinalView[], members: readonly NodeId[]): void {
    const problem = disagreement(servers, members);
    must(problem === undefined, this.name, () => problem!);
  }
}

/** Why these servers have not come to an agreement; `undefined` if they have. */
export function disagreement(servers: readonly FinalView[], members: readonly NodeId[]): string | undefined {
  const leaders = servers.filter(({ role }) => role === 'leader');
  if (leaders.length !== 1) return `${leaders.length} leaders`;
  const leader = leaders[0]!;
  if (leader.joint) return `${leader.id} is in a joint membership still`;
  if (leader.applied !== leader.lastIndex) return `${leader.id} has applied ${leader.applied} of ${leader.lastIndex}`;
  for (const server of servers) {
    if (!members.includes(server.id)) continue;
    const { id, lead, term, applied } = server;
    if (term !== leader.term) return `${id} is in term ${term}, the leader in ${leader.term}`;
    if (lead !== leader.id) return `${id} follows ${lead || 'nobody'}`;
    if (applied !== leader.applied) return `${id} has applied ${applied}, the leader ${leader.applied}`;
  }
  return undefined;
}
