/** Where a node stands between an empty data folder and a cluster. Agents stay `agent`. */
export type NodeState = 'agent' | 'fresh' | 'pledged' | 'member';

/** What a node of ours answers to `Describe`; nodes of the original do not know the call. */
export interface Description {
  readonly name: string;
  readonly region: string;
  /** 128 bits, lower-case hex, drawn for the data folder; `''` of an agent. */
  readonly birth: string;
  /** 128 bits, lower-case hex, drawn at each start of the process. */
  readonly boot: string;
  readonly state: NodeState;
  /** `bootstrap-expect`. */
  readonly expect: number;
  /** Of the cluster it is a member of, or that it has pledged itself to; `''` while fresh. */
  readonly clusterId: string;
  /** Names of its configuration, or of the founding record it pledged; sorted. */
  readonly members: readonly string[];
  /** Who leads, as far as it knows; `''` for unknown. */
  readonly leader: { readonly name: string; readonly address: string };
  /** Name and version, for people. */
  readonly software: string;
  /** Highest feature level that its version knows. */
  readonly featureMax: number;
  /** Its clock when it answered: milliseconds since 1970; 0 = not said. */
  readonly wallMs: number;
}

/** What came of asking a node. `go`: it does not know the call, so it is one of the original. `silent`: no answer. */
export type DescribeOutcome =
  | { readonly kind: 'ours'; readonly description: Description }
  | { readonly kind: 'go' }
  | { readonly kind: 'silent'; readonly why: string };

/** Asks the node at an address. Never rejects; resolves within about `timeoutMs`. */
export type AskDescription = (address: string, timeoutMs: number) => Promise<DescribeOutcome>;
