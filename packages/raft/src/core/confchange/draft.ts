import { type CompareIds, sortedIds } from '../ids.ts';
import { JointConfig } from '../quorum/joint.ts';
import type { TrackerConfig } from '../tracker/config.ts';
import type { Progress } from '../tracker/progress.ts';
import type { ProgressMap } from '../tracker/progress-tracker.ts';
import type { NodeId } from '../types.ts';

/** A membership while it is being changed: copies of everything, so that a refused change leaves no trace. */
export class ConfigDraft {
  readonly incoming: Set<NodeId>;
  outgoing: Set<NodeId>;
  readonly learners: Set<NodeId>;
  readonly learnersNext: Set<NodeId>;
  readonly progress: Map<NodeId, Progress>;
  autoLeave: boolean;

  constructor(config: TrackerConfig, progress: ProgressMap) {
    this.incoming = new Set(config.voters.incoming.ids);
    this.outgoing = new Set(config.voters.outgoing.ids);
    this.learners = new Set(config.learners);
    this.learnersNext = new Set(config.learnersNext);
    this.progress = new Map([...progress].map(([id, one]) => [id, one.clone()]));
    this.autoLeave = config.autoLeave;
  }

  get isJoint(): boolean {
    return this.outgoing.size > 0;
  }

  addVoter(id: NodeId, create: () => Progress): void {
    const progress = this.progress.get(id);
    if (progress === undefined) this.progress.set(id, create());
    else progress.isLearner = false;
    this.learners.delete(id);
    this.learnersNext.delete(id);
    this.incoming.add(id);
  }

  /** A voter that also votes in the outgoing half becomes a learner only when the joint configuration is left. */
  addLearner(id: NodeId, create: () => Progress): void {
    const progress = this.progress.get(id);
    if (progress === undefined) {
      this.progress.set(id, create());
      this.learners.add(id);
      return;
    }
    if (progress.isLearner) return;
    this.remove(id);
    this.progress.set(id, progress);
    if (this.outgoing.has(id)) {
      this.learnersNext.add(id);
    } else {
      progress.isLearner = true;
      this.learners.add(id);
    }
  }

  /** The progress stays while the outgoing half needs it. */
  remove(id: NodeId): void {
    this.incoming.delete(id);
    this.learners.delete(id);
    this.learnersNext.delete(id);
    if (!this.outgoing.has(id)) this.progress.delete(id);
  }

  leaveJoint(): void {
    for (const id of this.learnersNext) {
      this.learners.add(id);
      this.progress.get(id)!.isLearner = true;
    }
    this.learnersNext.clear();
    for (const id of this.outgoing) {
      if (!this.incoming.has(id) && !this.learners.has(id)) this.progress.delete(id);
    }
    this.outgoing = new Set();
    this.autoLeave = false;
  }

  config(compare: CompareIds): TrackerConfig {
    return {
      voters: new JointConfig(this.incoming, this.outgoing, compare),
      learners: sortedIds(this.learners, compare),
      learnersNext: sortedIds(this.learnersNext, compare),
      autoLeave: this.autoLeave,
    };
  }
}
