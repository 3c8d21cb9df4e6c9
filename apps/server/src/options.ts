import { FEATURE_LEVEL } from './cluster/feature-level.ts';
import { NODE_DEFAULTS, type NodeOptions } from '@dkron/config';
import { NO_NOTIFICATIONS, type NotifierSettings } from '@dkron/notifier';

/** Everything `dkron agent --server` can be told, resolved: no field is optional, durations are milliseconds. */
export interface ServerOptions extends NodeOptions {
  readonly server: boolean;
  /** `[host]:port`; an empty host listens on every interface. */
  readonly httpAddr: string;
  /** Founds a cluster of one, whatever `bootstrapExpect` says. */
  readonly foundsAlone: boolean;
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
  /** A leader whose clock is further ahead of most servers hands over, once. */
  readonly maxClockSkew: number;
  /** Highest level of features that this server agrees to: what its version knows. */
  readonly featureLevelMax: number;
  /** A server told to end leaves the cluster. */
  readonly leaveOnTerminate: boolean;
  /** A tick decided at most this late is on time. */
  readonly tickGrace: number;
  /** How long an execution lost with its node keeps the slot of a job that forbids overlap; 0 = until its node is back. */
  readonly forbidHold: number;
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
  /** Who is told of runs. */
  readonly notifications: NotifierSettings;
  /** What could not be told for so long is given up. */
  readonly notificationMaxAge: number;
}

export const SERVER_DEFAULTS: ServerOptions = {
  ...NODE_DEFAULTS,
  server: true,
  httpAddr: ':8080',
  foundsAlone: false,
  raftMultiplier: 1,
  reconcileInterval: 60_000,
  lease: 15_000,
  agentRunMaxRetries: 3,
  agentRunRetryInitialInterval: 1_000,
  agentRunRetryMaxInterval: 30_000,
  agentRunOrphan: 14_400_000,
  serverReplaceAfter: 300_000,
  maxClockSkew: 10_000,
  featureLevelMax: FEATURE_LEVEL,
  leaveOnTerminate: false,
  tickGrace: 10_000,
  forbidHold: 300_000,
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
  defaultTimezone: '',
  executionRetention: 100,
  executionRetentionAge: 0,
  executionRetentionBytes: 0,
  ledgerRetention: 1_000,
  notifications: NO_NOTIFICATIONS,
  notificationMaxAge: 86_400_000,
};
