import { NONE } from '../ids.ts';
import { Message } from '../message.ts';
import { autoLeave } from './applied.ts';
import type { RaftState } from './state.ts';
import { step } from './step.ts';

/** One step of the logical clock. */
export function tick(r: RaftState): void {
  if (r.role === 'leader') tickLeader(r);
  else tickOther(r);
}

function tickOther(r: RaftState): void {
  r.electionElapsed++;
  if (!r.promotable() || r.electionElapsed < r.randomizedElectionTimeout) return;
  r.electionElapsed = 0;
  step(r, new Message('Hup', r.id));
}

function tickLeader(r: RaftState): void {
  r.heartbeatElapsed++;
  r.electionElapsed++;
  if (r.electionElapsed >= r.options.electionTick) {
    r.electionElapsed = 0;
    if (r.options.checkQuorum) step(r, new Message('CheckQuorum', r.id));
    // A transfer that takes longer is given up: proposals are accepted again. Stepping down gives it up too.
    if (r.leadTransferee !== NONE) {
      r.leadTransferee = NONE;
      autoLeave(r);
    }
  }
  if (!isLeader(r) || r.heartbeatElapsed < r.options.heartbeatTick) return;
  r.heartbeatElapsed = 0;
  step(r, new Message('Beat', r.id));
}

/** Asked anew: the quorum check may have changed the role. */
function isLeader(r: RaftState): boolean {
  return r.role === 'leader';
}
