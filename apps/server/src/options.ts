import type { LogLevel } from '@dkron/runtime';

/** Everything `dkron agent --server` can be told, resolved: no field is optional, durations are milliseconds. */
export interface ServerOptions {
  readonly server: boolean;
  readonly nodeName: string;
  /** Directory of all durable state; created when missing. */
  readonly dataDir: string;
  /** `host[:port]` of gossip; its host is also the gRPC host. */
  readonly bindAddr: string;
  /** `host[:port]` told to others; `''` = the bind address. */
  readonly advertiseAddr: string;
  /** `[host]:port`; an empty host listens on every interface. */
  readonly httpAddr: string;
  readonly rpcPort: number;
  readonly bootstrapExpect: number;
  /** Founds a cluster of one, whatever `bootstrapExpect` says. */
  readonly foundsAlone: boolean;
  /** Port of gRPC that others are told; 0 = `rpcPort`. */
  readonly advertiseRpcPort: number;
  /** Addresses of gossip tried once; ignored when `retryJoin` has any. */
  readonly join: readonly string[];
  /** Addresses tried until one answers, again with each try resolved. */
  readonly retryJoin: readonly string[];
  /** Rounds of `retryJoin`; 0 = for ever. */
  readonly retryMax: number;
  /** Longest pause between them. */
  readonly retryInterval: number;
  /** Key of gossip, base64; `''` = unencrypted. */
  readonly encrypt: string;
  /** Timing of gossip. */
  readonly profile: 'lan' | 'wan' | 'local';
  /** How long failed members are remembered. */
  readonly serfReconnectTimeout: number;
  /** Factor of the times of consensus. */
  readonly raftMultiplier: number;
  /** How often the leader compares members with servers. */
  readonly reconcileInterval: number;
  /** A node silent for so long loses its executions. */
  readonly lease: number;
  /** Further dials of an agent of the original that shall run a job, and the waits between them. */
  readonly agentRunMaxRetries: number;
  readonly agentRunRetryInitialInterval: number;
  readonly agentRunRetryMaxInterval: number;
  /** What an agent of the original runs is given up this long after its stream broke. */
  readonly agentRunOrphan: number;
  /** A server that failed so long ago is replaced by one that stands by. */
  readonly serverReplaceAfter: number;
  /** A server told to end leaves the cluster. */
  readonly leaveOnTerminate: boolean;
  readonly logLevel: LogLevel;
  readonly logFormat: 'text' | 'json';
  readonly tags: Readonly<Record<string, string>>;
  readonly region: string;
  readonly datacenter: string;
  /** A tick decided at most this late is on time. */
  readonly tickGrace: number;
  /** TERM → KILL. */
  readonly killGrace: number;
  /** How long an execution lost with its node keeps the slot of a job that forbids overlap; 0 = until its node is back. */
  readonly forbidHold: number;
  /** Program of the helper processes that start commands; `auto` = Perl where there is one, else Node. */
  readonly spawnHelper: 'auto' | 'perl' | 'node';
  /** Origins whose pages may write, e.g. `https://ops.example.org`; reading is open to all. */
  readonly corsOrigins: readonly string[];
  /** Serve `/metrics`. */
  readonly enablePrometheus: boolean;
  /** Serve `/` and `/ui/`. */
  readonly ui: boolean;
  /** Bytes of a request body. */
  readonly maxBodySize: number;
  /** Connections open at the same time; further ones are closed at once. */
  readonly httpMaxConnections: number;
  /** Streams of events open at the same time. */
  readonly httpMaxStreams: number;
  /** Bytes of a request's headers. */
  readonly httpMaxHeaderSize: number;
  /** Time for a request's headers to arrive; 0 = no limit. */
  readonly httpHeaderTimeout: number;
  /** Time for a whole request to arrive; its answer may take longer. 0 = no limit. */
  readonly httpRequestTimeout: number;
  /** How long a connection may wait for its next request. */
  readonly httpIdleTimeout: number;
  /** Wait for running executions at SIGTERM. */
  readonly stopTimeout: number;
  /** Zone of jobs without one; `''` = this machine's. */
  readonly defaultTimezone: string;
  /** Executions kept per job; 0 = no limit. */
  readonly executionRetention: number;
  /** Executions older than this go when their job runs again; 0 = no limit. */
  readonly executionRetentionAge: number;
  /** Bytes of output kept per job, before compression; 0 = no limit. */
  readonly executionRetentionBytes: number;
  /** Ledger entries kept per job; 0 = no limit. */
  readonly ledgerRetention: number;
}

export const SERVER_DEFAULTS: ServerOptions = {
  server: true,
  nodeName: 'dkron',
  dataDir: 'dkron.data',
  bindAddr: '127.0.0.1:8946',
  advertiseAddr: '',
  httpAddr: ':8080',
  rpcPort: 6868,
  bootstrapExpect: 0,
  foundsAlone: false,
  advertiseRpcPort: 0,
  join: [],
  retryJoin: [],
  retryMax: 0,
  retryInterval: 30_000,
  encrypt: '',
  profile: 'lan',
  serfReconnectTimeout: 86_400_000,
  raftMultiplier: 1,
  reconcileInterval: 60_000,
  lease: 15_000,
  agentRunMaxRetries: 3,
  agentRunRetryInitialInterval: 1_000,
  agentRunRetryMaxInterval: 30_000,
  agentRunOrphan: 14_400_000,
  serverReplaceAfter: 300_000,
  leaveOnTerminate: false,
  logLevel: 'info',
  logFormat: 'text',
  tags: {},
  region: 'global',
  datacenter: 'dc1',
  tickGrace: 10_000,
  killGrace: 5_000,
  forbidHold: 300_000,
  spawnHelper: 'auto',
  corsOrigins: [],
  enablePrometheus: false,
  ui: true,
  maxBodySize: 1_048_576,
  httpMaxConnections: 20_000,
  httpMaxStreams: 1_000,
  httpMaxHeaderSize: 16_384,
  httpHeaderTimeout: 10_000,
  httpRequestTimeout: 300_000,
  httpIdleTimeout: 72_000,
  stopTimeout: 30_000,
  defaultTimezone: '',
  executionRetention: 100,
  executionRetentionAge: 0,
  executionRetentionBytes: 0,
  ledgerRetention: 1_000,
};

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Splits `host:port`, `:port`, `host` or `[v6]:port`. */
export function splitHostPort(text: string, defaultPort: number): HostPort | undefined {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text);
  if (!match) return undefined;
  const port = match[3] === undefined ? defaultPort : Number(match[3]);
  if (port > 65_535) return undefined;
  return { host: match[1] ?? match[2] ?? '', port };
}
