/** What goes between the test and its servers: one JSON object a line, over a Unix socket, which no cut reaches. */

/** What a server is started with: the only argument, as JSON. */
export interface ServerConfig {
  readonly id: string;
  /** Folder of its log, snapshots and identity. */
  readonly dir: string;
  /** Path of the Unix socket for clients. */
  readonly socket: string;
  readonly host: string;
  readonly port: number;
  /** Where each member is dialled. */
  readonly peers: Readonly<Record<string, string>>;
  /** Low ones, so that logs are compacted and snapshots sent; absent: those of the package. */
  readonly snapshots?: { readonly threshold: number; readonly intervalMs: number; readonly trailing: number };
}

/** A change of one key. Values are numbers that are never used twice; 0 stands for a key that was never written. */
export interface Change {
  readonly op: 'put' | 'cas';
  readonly key: string;
  readonly value: number;
  /** Of `cas`: the value there must be. */
  readonly expected?: number;
}

export type Request =
  | Change
  | { readonly op: 'get'; readonly key: string }
  | { readonly op: 'status' | 'applied' }
  | { readonly op: 'bootstrap'; readonly members: readonly { readonly id: string; readonly birth: string }[] }
  /** Proposes without end, whenever this server leads. */
  | { readonly op: 'saturate'; readonly inFlight: number; readonly bytes: number };

/** Answer to `status`. */
export interface ServerStatus {
  readonly birth: string;
  readonly isLeader: boolean;
  readonly leaderId: string;
  readonly term: number;
  readonly applied: number;
  /** Checksum over all applied commands and their indexes. */
  readonly checksum: number;
  /** Changes of leader or term that this process saw. */
  readonly leaderships: number;
  /** Longest stall of the event loop, in milliseconds. */
  readonly longestStallMs: number;
  /** Commands of `saturate` that were committed. */
  readonly saturated: number;
}

export interface Reply {
  readonly n: number;
  /** Of changes and reads: the value before. */
  readonly ok?: unknown;
  /** Code of the failure. */
  readonly error?: string;
  /** Who leads instead, if that is known. */
  readonly leader?: string;
}
