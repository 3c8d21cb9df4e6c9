import type { ConfState } from '../types.ts';
import { Changer, type ChangeResult, type ChangerOptions } from './changer.ts';
import type { ConfChangeStep } from './conf-change.ts';

/**
 * Rebuilds a membership from what a snapshot stores of it. `options` must be those of an empty membership. Throws
 * `ConfChangeError` if the state is not one that changes can lead to.
 */
export function restore(options: ChangerOptions, state: ConfState): ChangeResult {
  const incoming: ConfChangeStep[] = [
    ...state.votersOutgoing.map((id): ConfChangeStep => ({ kind: 'removeNode', id })),
    ...state.voters.map((id): ConfChangeStep => ({ kind: 'addVoter', id })),
    ...state.learners.map((id): ConfChangeStep => ({ kind: 'addLearner', id })),
    ...state.learnersNext.map((id): ConfChangeStep => ({ kind: 'addLearner', id })),
  ];
  let result: ChangeResult = { config: options.config, progress: options.progress };
  const changer = (): Changer => new Changer({ ...options, ...result });
  if (state.votersOutgoing.length === 0) {
    for (const step of incoming) result = changer().simple([step]);
    return result;
  }
  // First the outgoing half on its own, then the joint configuration on top: learnersNext come out right only so.
  for (const id of state.votersOutgoing) result = changer().simple([{ kind: 'addVoter', id }]);
  return changer().enterJoint(state.autoLeave, incoming);
}
