import type { LogLevel } from '@dkron/runtime';

/** Everything `dkron agent` can be told, resolved: no field is optional, durations are milliseconds. */
export interface AgentOptions {
  readonly nodeName: string;
  /** Directory of the journal; created when missing. */
  readonly dataDir: string;
  /** `host[:port]` of gossip; its host is also the gRPC host. */
  readonly bindAddr: string;
  /** `host[:port]` told to others; `''` = the bind address. */
  readonly advertiseAddr: string;
  readonly rpcPort: number;
  /** gRPC port told to others; 0 = the one it listens on. */
  readonly advertiseRpcPort: number;
  readonly region: string;
  readonly datacenter: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Published as the original's agents do; nobody reads it of an agent. */
  readonly bootstrapExpect: number;
  /** Addresses tried once. */
  readonly join: readonly string[];
  /** Addresses tried until one answers; then `join` is not looked at. */
  readonly retryJoin: readonly string[];
  /** Rounds of `retryJoin` before the agent gives up; 0 = for ever. */
  readonly retryMax: number;
  /** Longest pause between rounds. */
  readonly retryInterval: number;
  /** Key of the gossip in base64; `''` = none. */
  readonly encrypt: string;
  readonly profile: 'lan' | 'wan' | 'local';
  /** How long failed members are remembered. */
  readonly serfReconnectTimeout: number;
  /** TERM → KILL of what a leader of the original asked for; ours sends its own. */
  readonly killGrace: number;
  /** Program of the helper processes that start commands; `auto` = Perl where there is one, else Node. */
  readonly spawnHelper: 'auto' | 'perl' | 'node';
  /** Wait for running executions at SIGTERM. */
  readonly stopTimeout: number;
  readonly logLevel: LogLevel;
  readonly logFormat: 'text' | 'json';
}

export const AGENT_DEFAULTS: AgentOptions = {
  nodeName: 'dkron',
  dataDir: 'dkron.data',
  bindAddr: '127.0.0.1:8946',
  advertiseAddr: '',
  rpcPort: 6868,
  advertiseRpcPort: 0,
  region: 'global',
  datacenter: 'dc1',
  tags: {},
  bootstrapExpect: 0,
  join: [],
  retryJoin: [],
  retryMax: 0,
  retryInterval: 30_000,
  encrypt: '',
  profile: 'lan',
  serfReconnectTimeout: 86_400_000,
  killGrace: 5_000,
  spawnHelper: 'auto',
  stopTimeout: 30_000,
  logLevel: 'info',
  logFormat: 'text',
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
