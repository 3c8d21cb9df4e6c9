import type { JobDefinition, JobName, NodeName, Stamp } from '@dkron/jobs';
import type { EngineModules, EngineSettings } from './options.ts';
import type { StampSource } from './stamp-source.ts';

/** What the engine's parts share. */
export interface Context extends EngineModules {
  readonly settings: EngineSettings;
  readonly stamps: StampSource;
  /** Definitions of jobs decided a moment ago, so that their dispatch need not read them again. */
  readonly definitions: Map<JobName, JobDefinition>;
  /** True between `start` and `stop`. */
  leads(): boolean;
  /** True between `start` and `stop` while the log says that this node leads. Checked before every action. */
  mayAct(): boolean;
  /** `draining` accepts results but starts nothing new. */
  mayStart(): boolean;
  /** Something due is being decided, or is decided and waits for room on its way to a worker. */
  starting(): boolean;
  /** Executions that wait to be sent to this node. */
  readonly waitingFor: (node: NodeName) => number;
  /** The most of any node. */
  readonly waitingMost: () => number;
}

/** Stamp as id text: unique in the cluster, and ordered. */
export function executionIdOf(stamp: Stamp, nodeName: string): string {
  return `${stamp}-${nodeName}`;
}

export const RETRY_PROPOSAL_MS = 1_000;
