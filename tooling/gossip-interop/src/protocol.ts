import type { CreateOptions, Member } from '@dkron/gossip';

/** What a test tells a process of ours to do, and what it says. */
export interface Commands {
  start: (options: CreateOptions) => { readonly ip: string; readonly port: number };
  join: (addresses: readonly string[]) => number;
  members: () => readonly Member[];
  setTags: (tags: Readonly<Record<string, string>>) => boolean;
  userEvent: (name: string, payload: string) => void;
  /** Names of who got it, and answers by name. */
  query: (request: QueryRequest) => QueryResult;
  installKey: (key: string) => number;
  useKey: (key: string) => number;
  removeKey: (key: string) => number;
  /** How many members have each key. */
  listKeys: () => Readonly<Record<string, number>>;
  removeFailed: (name: string) => void;
  leave: () => void;
  stop: () => void;
  /** User events heard so far, as `name payload`. */
  heard: () => readonly string[];
  /** Members that changed so far, as `change name`, and faults of peers that were logged. */
  trouble: () => Trouble;
  /** Processor time so far, ms. */
  cpuMs: () => number;
}

export interface Trouble {
  readonly changes: readonly string[];
  readonly faults: readonly string[];
  /** Why it stopped by itself. */
  readonly stopped: string | undefined;
}

export interface QueryRequest {
  readonly name: string;
  readonly payload: string;
  readonly nodes?: readonly string[];
  readonly tag?: readonly [name: string, expression: string];
  readonly relayFactor?: number;
  readonly timeoutMs: number;
}

export interface QueryResult {
  readonly acks: readonly string[];
  readonly answers: Readonly<Record<string, string>>;
}

export type CommandName = keyof Commands;

export interface Request {
  readonly id: number;
  readonly command: CommandName;
  readonly argument: unknown;
}

export interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}
