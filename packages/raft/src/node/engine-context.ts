import type { NodeId } from '../core/types.ts';
import type { Engine } from './engine.ts';
import type { RaftEmitter } from './events.ts';
import type { NodeMetrics } from './metrics.ts';
import type { ResolvedModules } from './modules.ts';
import type { ResolvedNodeOptions } from './options.ts';
import type { RecoveryMarks } from './recovery-marks.ts';

/** What outlives a start of the engine. */
export interface EngineContext {
  options: ResolvedNodeOptions;
  readonly modules: ResolvedModules;
  readonly emitter: RaftEmitter;
  readonly metrics: NodeMetrics;
  readonly marks: RecoveryMarks;
  readonly onFatal: (error: Error) => void;
  /** The leader contradicts what counts as committed by force: this engine must be replaced. */
  readonly onContradiction: (engine: Engine) => void;
  readonly onForget: (id: NodeId) => void;
}
