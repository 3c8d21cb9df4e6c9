import type { LogLevel } from '@dkron/runtime';
import { logLevelOf, type NodeFacts } from './node-facts.ts';

/** What every node can be told, resolved: no field is optional, durations are milliseconds. */
export interface NodeOptions {
  readonly nodeName: string;
  /** Directory of all durable state; created when missing. */
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
  /** Servers that found a cluster together. Agents publish it, as the original's do; nobody reads it of them. */
  readonly bootstrapExpect: number;
  /** Addresses of gossip tried once; not looked at when `retryJoin` has any. */
  readonly join: readonly string[];
  /** Addresses tried until one answers, resolved again with each try. */
  readonly retryJoin: readonly string[];
  /** Rounds of `retryJoin` before the node gives up; 0 = for ever. */
  readonly retryMax: number;
  /** Longest pause between rounds. */
  readonly retryInterval: number;
  /** Key of gossip in base64; `''` = unencrypted. */
  readonly encrypt: string;
  /** Timing of gossip. */
  readonly profile: 'lan' | 'wan' | 'local';
  /** How long failed members are remembered. */
  readonly serfReconnectTimeout: number;
  /** TERM → KILL. */
  readonly killGrace: number;
  /** Program of the helper processes that start commands; `auto` = Perl where there is one, else Node. */
  readonly spawnHelper: 'auto' | 'perl' | 'node';
  /** Where plugins are looked for; of two with one name that in the later folder counts. */
  readonly pluginFolders: readonly string[];
  /** Variables that plugins get besides the usual ones; `*` = all. */
  readonly pluginEnv: readonly string[];
  /** Bytes of memory of one plugin; 0 = no limit. */
  readonly pluginMemory: number;
  /** A plugin that does not start ends the start of the node. */
  readonly strictPlugins: boolean;
  /** Wait for running executions at SIGTERM. */
  readonly stopTimeout: number;
  readonly logLevel: LogLevel;
  readonly logFormat: 'text' | 'json';
}

/** For nodes that are started by programs; those of settings are in their schema. */
export const NODE_DEFAULTS: NodeOptions = {
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
  pluginFolders: [],
  pluginEnv: [],
  pluginMemory: 0,
  strictPlugins: false,
  stopTimeout: 30_000,
  logLevel: 'info',
  logFormat: 'text',
};

/** The options of any node from its settings. */
export function nodeOptions({ values, addresses, hostname, pluginFolders }: NodeFacts): NodeOptions {
  return {
    nodeName: values['node-name'] || hostname,
    dataDir: values['data-dir'],
    bindAddr: addresses.bindAddr,
    advertiseAddr: addresses.advertiseAddr,
    rpcPort: values['rpc-port'],
    advertiseRpcPort: values['advertise-rpc-port'],
    region: values.region,
    datacenter: values.datacenter,
    bootstrapExpect: values['bootstrap-expect'],
    // The original's mark of a server that begins alone.
    tags: values.bootstrap ? { ...values.tags, bootstrap: '1' } : values.tags,
    join: values.join,
    retryJoin: values['retry-join'],
    retryMax: values['retry-max'],
    retryInterval: values['retry-interval'],
    encrypt: values.encrypt,
    profile: values.profile as NodeOptions['profile'],
    serfReconnectTimeout: values['serf-reconnect-timeout'],
    killGrace: values['kill-grace'],
    spawnHelper: values['spawn-helper'] as NodeOptions['spawnHelper'],
    pluginFolders: values['plugin-folders'].length > 0 ? values['plugin-folders'] : pluginFolders,
    pluginEnv: values['plugin-env'],
    pluginMemory: values['plugin-memory'],
    strictPlugins: values['strict-plugins'],
    stopTimeout: values['stop-timeout'],
    logLevel: logLevelOf(values),
    logFormat: values['log-format'] === 'json' ? 'json' : 'text',
  };
}
