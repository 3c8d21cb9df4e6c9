import type { FoundingRecord } from './record.ts';
import type { FormationState } from './types.ts';

/** Phases in which a write is under way end with `written`, `founded` or `redrawn`. */
export type Phase =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'pledging'; readonly record: FoundingRecord; readonly replies: number[] | 'founder' }
  | Founder
  | { readonly kind: 'founding'; readonly record: FoundingRecord }
  | { readonly kind: 'releasing'; readonly record: FoundingRecord; readonly aborted: boolean }
  | { readonly kind: 'pledged'; readonly record: FoundingRecord }
  | { readonly kind: 'redrawing'; readonly record: FoundingRecord }
  /** A leader has called; raft is about to make it durable. */
  | { readonly kind: 'joining'; readonly clusterId: string; readonly untilMs: number }
  | { readonly kind: 'member'; readonly clusterId: string };

export interface Founder {
  readonly kind: 'founder';
  readonly record: FoundingRecord;
  /** Who has not accepted yet. */
  readonly missing: Set<string>;
  readonly deadlineMs: number;
  repeatMs: number;
}

/** What becomes of a leader's handshake. */
export type Admission =
  | { readonly kind: 'join' }
  /** Become a member of the own record first. */
  | { readonly kind: 'found'; readonly record: FoundingRecord }
  | { readonly kind: 'refuse'; readonly why: string };

/** Where a data folder begins. */
export function phaseAt({ clusterId, pledge }: FormationState): Phase {
  if (clusterId !== '') return { kind: 'member', clusterId };
  return pledge === undefined ? { kind: 'fresh' } : { kind: 'pledged', record: pledge };
}
