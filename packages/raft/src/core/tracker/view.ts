import type { NodeId } from '../types.ts';
import type { Progress, ProgressState } from './progress.ts';

/** What the leader knows of a peer, as plain data at one moment. */
export interface ProgressView {
  readonly id: NodeId;
  readonly state: ProgressState;
  readonly match: number;
  readonly next: number;
  readonly pendingSnapshot: number;
  readonly recentActive: boolean;
  readonly msgAppFlowPaused: boolean;
  /** Whether nothing but heartbeats may be sent now. */
  readonly paused: boolean;
  readonly inflight: number;
  readonly inflightBytes: number;
  readonly inflightFull: boolean;
  readonly isLearner: boolean;
}

export function viewProgress(progress: Progress): ProgressView {
  return {
    id: progress.id,
    state: progress.state,
    match: progress.match,
    next: progress.next,
    pendingSnapshot: progress.pendingSnapshot,
    recentActive: progress.recentActive,
    msgAppFlowPaused: progress.msgAppFlowPaused,
    paused: progress.isPaused(),
    inflight: progress.inflights.count,
    inflightBytes: progress.inflights.bytes,
    inflightFull: progress.inflights.full,
    isLearner: progress.isLearner,
  };
}

const STATE_NAMES: Record<ProgressState, string> = {
  probe: 'StateProbe',
  replicate: 'StateReplicate',
  snapshot: 'StateSnapshot',
};

/** One line: state, match, next, then what is out of the ordinary. */
export function describeProgress(view: ProgressView): string {
  let text = `${STATE_NAMES[view.state]} match=${view.match} next=${view.next}`;
  if (view.isLearner) text += ' learner';
  if (view.paused) text += ' paused';
  if (view.pendingSnapshot > 0) text += ` pendingSnap=${view.pendingSnapshot}`;
  if (!view.recentActive) text += ' inactive';
  if (view.inflight > 0) text += ` inflight=${view.inflight}${view.inflightFull ? '[full]' : ''}`;
  return text;
}
