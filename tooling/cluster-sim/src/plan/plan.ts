import type { JobDefinition } from '@dkron/jobs';
import type { FabricPlan } from '../world/fabric.ts';

/** A job of a run: fixed periods, so that every tick there should be is known without the code that is tested. */
export interface PlannedJob {
  readonly definition: JobDefinition;
  /** Seconds between its ticks; 0 = it has none of its own. */
  readonly periodS: number;
}

export interface PlannedOptions {
  readonly slots: number;
  /** Starts that wait for one node, after which jobs wait undecided. */
  readonly waitingPerNodeMax: number;
  readonly leaseMs: number;
  readonly forbidHoldMs: number;
  readonly replaceAfterMs: number;
  /** Gossip forgets who failed after so long. */
  readonly reapMs: number;
  readonly executionsPerJob: number;
  readonly ledgerPerJob: number;
  /** Entries after which the log is compacted behind the store; 0 = as servers do by default, which is later than a run. */
  readonly compactEvery: number;
}

/** What befalls a cluster. Nodes are named by number: servers first, then agents. */
export type Fault = { readonly atMs: number } & (
  | { readonly kind: 'kill' | 'power'; readonly node: number; readonly downMs: number; readonly move: boolean }
  | { readonly kind: 'kill-all' | 'power-all'; readonly downMs: number; readonly move: boolean }
  | { readonly kind: 'kill-leader'; readonly downMs: number }
  /** Orderly: it hands over, lets what runs end, and comes back. */
  | { readonly kind: 'stop'; readonly node: number; readonly downMs: number; readonly move: boolean }
  | { readonly kind: 'stop-leader'; readonly downMs: number }
  /** As `stop`; it is no member then, and has to become one again. */
  | { readonly kind: 'leave-server'; readonly node: number; readonly downMs: number }
  | { readonly kind: 'split'; readonly side: readonly number[]; readonly lengthMs: number }
  | {
      readonly kind: 'cut';
      readonly from: number;
      readonly to: number;
      readonly both: boolean;
      readonly lengthMs: number;
    }
  | { readonly kind: 'isolate-leader'; readonly how: 'both' | 'out' | 'in'; readonly lengthMs: number }
  | { readonly kind: 'cut-agent-from-leader'; readonly node: number; readonly lengthMs: number }
  | { readonly kind: 'stall'; readonly node: number; readonly lengthMs: number }
  | { readonly kind: 'stall-leader'; readonly lengthMs: number }
  | { readonly kind: 'step'; readonly node: number; readonly byMs: number }
  | { readonly kind: 'wipe-agent'; readonly node: number; readonly downMs: number }
  | { readonly kind: 'lose-agent'; readonly node: number; readonly how: 'kill' | 'power' }
  /** What it says is heard by nobody, or it hears nobody, or both. */
  | {
      readonly kind: 'isolate-agent';
      readonly node: number;
      readonly how: 'both' | 'out' | 'in';
      readonly lengthMs: number;
    }
  /** Nobody hears it any more; then it ends before anybody did. */
  | {
      readonly kind: 'mute-agent';
      readonly node: number;
      readonly muteMs: number;
      readonly end: 'kill' | 'power' | 'wipe';
      readonly downMs: number;
    }
  | { readonly kind: 'leave-agent'; readonly node: number; readonly downMs: number }
  | { readonly kind: 'rebuild-server' | 'replace-server'; readonly node: number; readonly downMs: number }
);

/** Everything that decides a run. Plain data. */
export interface Plan {
  readonly seed: number;
  readonly servers: number;
  readonly agents: number;
  /** All of it, faults and the end phase. */
  readonly lengthMs: number;
  /** From here on nothing goes wrong any more. */
  readonly healMs: number;
  readonly options: PlannedOptions;
  readonly network: FabricPlan;
  readonly disk: { readonly syncMs: number };
  /** How far clocks may run fast or slow. */
  readonly clockPermille: number;
  readonly jobs: readonly PlannedJob[];
  /** Of the decisions and results that are proposed: how many are proposed a second time, a little later. */
  readonly echoPermille: number;
  /** Mean time between two wishes of users; 0 = none. */
  readonly userMs: number;
  readonly faults: readonly Fault[];
}
