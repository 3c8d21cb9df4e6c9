import type { Change } from './types.ts';

/** The calls of a raft node that changes are made of: the shape of `RaftNode` in `@dkron/raft`. */
export interface RaftMembership {
  addNonvoter(id: string, options: { readonly birth: string; readonly address: string } & At): Promise<unknown>;
  promote(id: string, options: { readonly timeoutMs: number } & At): Promise<unknown>;
  remove(id: string, options: At): Promise<unknown>;
  changeMembers(
    steps: readonly { readonly kind: 'addVoter' | 'remove'; readonly id: string }[],
    options: At,
  ): Promise<unknown>;
  transferLeadership(): Promise<void>;
}

interface At {
  readonly prevIndex: number;
}

/** A learner that is near the end of the log has three short rounds behind it soon, or it is not near. */
const PROMOTE_MS = 10_000;

/** Makes one change. */
export async function makeChange(raft: RaftMembership, change: Change, prevIndex: number): Promise<void> {
  switch (change.kind) {
    case 'add-learner':
      await raft.addNonvoter(change.id, { birth: change.birth, address: change.address, prevIndex });
      return;
    case 'promote':
      await raft.promote(change.id, { timeoutMs: PROMOTE_MS, prevIndex });
      return;
    case 'remove':
      await raft.remove(change.id, { prevIndex });
      return;
    case 'swap': {
      const steps = [{ kind: 'addVoter', id: change.in } as const, { kind: 'remove', id: change.out } as const];
      await raft.changeMembers(steps, { prevIndex });
      return;
    }
    case 'transfer':
      await raft.transferLeadership();
  }
}
