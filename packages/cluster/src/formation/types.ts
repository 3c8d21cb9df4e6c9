import type { FoundingRecord } from './record.ts';

/** What the data folder holds about formation. */
export interface FormationState {
  readonly birth: string;
  /** Number of the last attempt to found; grows for ever, so that no two records of a founder are equal. */
  readonly attempt: number;
  /** The record that this server has promised itself to. */
  readonly pledge?: FoundingRecord;
  /** `''` while it belongs to no cluster. */
  readonly clusterId: string;
}

/** A change of the data folder; durable as a whole or not at all. `pledge: null` releases. */
export interface FormationChange {
  readonly attempt?: number;
  readonly pledge: FoundingRecord | null;
}

/** A node of the own region in the view of gossip that is a server or may become one; the own one is not among them. */
export interface SeenServer {
  readonly name: string;
  /** It does not call itself a server yet: every server of ours begins like that, also one that is a member again. */
  readonly probation?: boolean;
  /** Of its gRPC. */
  readonly address: string;
  /** `gone`: failed, leaving or left, but remembered. */
  readonly status: 'alive' | 'gone';
}

export interface PledgeRequest {
  /** Name of the founder. */
  readonly from: string;
  readonly record: FoundingRecord;
}

export interface PledgeAnswer {
  readonly accepted: boolean;
  /** Why not, for people. */
  readonly reason: string;
}

/** What the formation wants done. `write` and `found` are answered when durable; there is never more than one of them. */
export type FormationEffect =
  | { readonly kind: 'describe'; readonly round: number; readonly name: string; readonly address: string }
  | { readonly kind: 'write'; readonly change: FormationChange }
  | { readonly kind: 'pledge'; readonly name: string; readonly address: string; readonly request: PledgeRequest }
  | { readonly kind: 'answer'; readonly replyTo: number; readonly answer: PledgeAnswer }
  /** Become a member of the record: the bootstrap of its voters. */
  | { readonly kind: 'found'; readonly record: FoundingRecord }
  /** Draw a new birth for the empty data folder. */
  | { readonly kind: 'redraw' };

/** Why nothing is founded at the moment, or that it is done. */
export type FormationStatus =
  | { readonly kind: 'starting' }
  | { readonly kind: 'expect-zero' }
  | { readonly kind: 'join-round' }
  | { readonly kind: 'too-few'; readonly present: readonly string[]; readonly expect: number }
  | { readonly kind: 'silent'; readonly name: string; readonly why: string }
  | { readonly kind: 'go-server'; readonly name: string }
  | { readonly kind: 'member-seen'; readonly name: string; readonly clusterId: string; readonly leader: string }
  | { readonly kind: 'expect-mismatch'; readonly own: ExpectOf; readonly other: ExpectOf }
  | { readonly kind: 'pledged-seen'; readonly name: string; readonly founder: string }
  | { readonly kind: 'other-founds'; readonly founder: string }
  | { readonly kind: 'founding'; readonly members: readonly string[]; readonly missing: readonly string[] }
  | { readonly kind: 'retrying'; readonly why: string }
  | { readonly kind: 'pledged'; readonly founder: string }
  | { readonly kind: 'founder-silent'; readonly founder: string }
  | { readonly kind: 'founder-rebuilt'; readonly founder: string; readonly silent: string }
  | { readonly kind: 'member'; readonly clusterId: string };

export interface ExpectOf {
  readonly name: string;
  readonly expect: number;
}

export interface FormationCoreOptions {
  readonly name: string;
  readonly region: string;
  /** `bootstrap-expect`: integer ≥ 0; 0 never founds. */
  readonly expect: number;
  /** How often a server that is fresh looks around. @default 250 */
  readonly roundMs?: number;
  /** How often a pledged server asks its founder. @default 1,000 */
  readonly askFounderMs?: number;
  /** How long the founder waits for all pledges. @default 3,000 */
  readonly pledgeTimeoutMs?: number;
  /** How often an unanswered pledge is asked for again. @default 500 */
  readonly pledgeRepeatMs?: number;
  /** The founder's pause after an attempt failed: at least this, at most three times as long. @default 100 */
  readonly retryMs?: number;
}
