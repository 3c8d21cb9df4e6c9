/** A server in raft's configuration. */
export interface ConfiguredServer {
  readonly id: string;
  readonly voter: boolean;
  /** `''` if none is recorded. */
  readonly birth: string;
}

export interface Configuration {
  /** Index of the entry that made it. */
  readonly index: number;
  readonly servers: readonly ConfiguredServer[];
  /** Whether two configurations are in force, so that a change is under way. */
  readonly joint: boolean;
}

/**
 * What gossip knows of a server of the region. `unseen`: nothing, or it is no server of the region any more; `reaped`:
 * gossip has forgotten it on purpose.
 */
export type ServerStatus = 'alive' | 'leaving' | 'left' | 'failed' | 'unseen' | 'reaped';

/** What a server said of itself, as far as it matters here. */
export type ServerFacts =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'go' }
  | {
      readonly kind: 'ours';
      readonly birth: string;
      readonly state: 'agent' | 'fresh' | 'pledged' | 'member';
      readonly clusterId: string;
    };

export interface ServerView {
  readonly name: string;
  readonly status: ServerStatus;
  /** Since when, monotonic clock. */
  readonly sinceMs: number;
  /** Of its gRPC; `''` for unknown. */
  readonly address: string;
  readonly facts: ServerFacts;
}

/** What the leader's log replication knows of a server. */
export interface Contact {
  /** Whether it acknowledged something within one election timeout. */
  readonly recent: boolean;
  /** Whether its log is near the end. */
  readonly caughtUp: boolean;
  /** Whether it acknowledged the entry that made the configuration in force, so that it was there when that was made. */
  readonly hasConfiguration: boolean;
}

export interface ReconcileInput {
  /** The leader's name. */
  readonly self: string;
  readonly clusterId: string;
  readonly nowMs: number;
  readonly configuration: Configuration;
  /** By name; every configured server is in it. */
  readonly servers: ReadonlyMap<string, ServerView>;
  readonly contacts: ReadonlyMap<string, Contact>;
  /** A voter that failed this long ago gives its place to a learner that waits. */
  readonly replaceAfterMs: number;
}

/** One change of the membership. */
export type Change =
  | { readonly kind: 'add-learner'; readonly id: string; readonly birth: string; readonly address: string }
  | { readonly kind: 'promote'; readonly id: string }
  | { readonly kind: 'remove'; readonly id: string; readonly why: 'left' | 'reaped' }
  /** Both in one joint change. */
  | { readonly kind: 'swap'; readonly in: string; readonly out: string }
  /** The leader itself leaves: its successor removes it. */
  | { readonly kind: 'transfer' };

/** What is not done, and why. */
export type Note =
  | { readonly kind: 'amnesia'; readonly name: string; readonly birth: string; readonly configured: string }
  | { readonly kind: 'go-server'; readonly name: string }
  | { readonly kind: 'foreign-cluster'; readonly name: string; readonly clusterId: string }
  | { readonly kind: 'pledged-elsewhere'; readonly name: string }
  | { readonly kind: 'undescribed'; readonly name: string }
  | { readonly kind: 'behind'; readonly name: string }
  | { readonly kind: 'held-learner'; readonly name: string; readonly failed: readonly string[] }
  | { readonly kind: 'silent-voter'; readonly name: string; readonly silent: readonly string[] }
  | { readonly kind: 'quorum'; readonly change: Change; readonly missing: readonly string[] };

export interface Decision {
  /** At most one; the next is decided from what comes of it. */
  readonly change: Change | undefined;
  readonly notes: readonly Note[];
}
