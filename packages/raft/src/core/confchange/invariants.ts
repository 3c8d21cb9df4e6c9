import type { TrackerConfig } from '../tracker/config.ts';
import type { ProgressMap } from '../tracker/progress-tracker.ts';
import { ConfChangeError } from './errors.ts';

/**
 * What must hold of every membership (spec of joint consensus, dissertation 4.3): every member has a progress; no
 * learner votes; a member of `learnersNext` votes in the outgoing half and is no learner yet; what belongs to joint
 * configurations is empty in others. Throws {@link ConfChangeError} `RAFT_CONF_INVALID`.
 */
export function checkInvariants(config: TrackerConfig, progress: ProgressMap): void {
  const { voters, learners, learnersNext } = config;
  for (const id of [...voters.ids(), ...learners, ...learnersNext]) {
    must(progress.has(id), `no progress for ${id}`);
  }
  for (const id of learnersNext) {
    must(voters.outgoing.has(id), `${id} in learnersNext, but not in the outgoing voters`);
    must(progress.get(id)?.isLearner === false, `${id} in learnersNext, but a learner already`);
  }
  for (const id of learners) {
    must(!voters.has(id), `${id} is both learner and voter`);
    must(progress.get(id)?.isLearner === true, `${id} in learners, but not marked as such`);
  }
  if (!voters.isJoint) {
    must(learnersNext.length === 0, 'learnersNext outside a joint configuration');
    must(!config.autoLeave, 'autoLeave outside a joint configuration');
  }
}

function must(condition: boolean, detail: string): void {
  if (!condition) throw new ConfChangeError('RAFT_CONF_INVALID', detail);
}
