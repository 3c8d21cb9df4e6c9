import type { ConfState, NodeId } from '../../core/index.ts';
import type { Checker, ServerView } from './checker.ts';
import { must } from './violation.ts';

/** I11: one membership change at a time, and any two consecutive memberships decide together. */
export class ConfigChanges implements Checker {
  readonly name = 'I11 membership changes';
  readonly #checked = new Set<string>();

  leaderTail(server: ServerView, confIndexes: readonly number[], validated: boolean): void {
    must(
      !validated || confIndexes.length <= 1,
      this.name,
      () => `${server.id} leads with changes at ${confIndexes.join(' ')} above applied ${server.applied}`,
    );
  }

  changeRefused({ id }: ServerView, index: number, isJoint: boolean): void {
    must(!isJoint, this.name, () => `${id}: the log holds at ${index} a change that a joint membership does not allow`);
  }

  configured(server: NodeId, index: number, before: ConfState, after: ConfState): void {
    if (before.voters.length === 0) return;
    const key = [before.voters, before.votersOutgoing, after.voters, after.votersOutgoing].join('|');
    if (this.#checked.has(key)) return;
    this.#checked.add(key);
    must(quorumsIntersect(before, after), this.name, () => `${server} at ${index}: ${key} have disjoint quorums`);
  }
}

/** Whether no two sets of servers could decide, one by each membership, without a server in common. */
export function quorumsIntersect(a: ConfState, b: ConfState): boolean {
  const ids = [...new Set([...a.voters, ...a.votersOutgoing, ...b.voters, ...b.votersOutgoing])];
  for (let bits = 0; bits < 2 ** ids.length; bits++) {
    const inside = (id: NodeId): boolean => ((bits >> ids.indexOf(id)) & 1) === 1;
    if (decides(a, inside) && decides(b, (id) => !inside(id))) return false;
  }
  return true;
}

function decides(state: ConfState, has: (id: NodeId) => boolean): boolean {
  return majority(state.voters, has) && (state.votersOutgoing.length === 0 || majority(state.votersOutgoing, has));
}

function majority(ids: readonly NodeId[], has: (id: NodeId) => boolean): boolean {
  return ids.filter(has).length * 2 > ids.length;
}
