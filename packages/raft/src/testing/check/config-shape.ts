import type { ConfState, NodeId } from '../../core/index.ts';
import type { Checker, PeerView, ServerView } from './checker.ts';
import { must } from './violation.ts';

/** I10: a membership is one that can be, and a leader has a progress for every member. */
export class ConfigShape implements Checker {
  readonly name = 'I10 membership';

  configured(server: NodeId, index: number, _before: ConfState, after: ConfState): void {
    const problem = problemOf(after);
    must(problem === undefined, this.name, () => `${server} at ${index}: ${problem}`);
  }

  leaderPeers(server: ServerView, peers: readonly PeerView[], isMember: (id: NodeId) => boolean): void {
    const stranger = peers.find(({ id }) => !isMember(id));
    must(stranger === undefined, this.name, () => `${server.id} has a progress of ${stranger?.id}, no member`);
  }
}

function problemOf(state: ConfState): string | undefined {
  const { voters, learners, votersOutgoing, learnersNext, autoLeave } = state;
  if (voters.length === 0) return 'no voters';
  const both = learners.find((id) => voters.includes(id) || votersOutgoing.includes(id));
  if (both !== undefined) return `${both} is both learner and voter`;
  const early = learnersNext.find((id) => !votersOutgoing.includes(id) || learners.includes(id));
  if (early !== undefined) return `${early} becomes a learner without being an outgoing voter`;
  const joint = votersOutgoing.length > 0;
  if (!joint && (learnersNext.length > 0 || autoLeave)) return 'traces of a joint membership outside one';
  return undefined;
}
