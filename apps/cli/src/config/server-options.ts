import type { ServerOptions } from '@dkron/server';
import type { Addresses } from './address/resolve-addresses.ts';
import type { Values } from './schema/index.ts';

const LOG_LEVELS = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warn: 'warn',
  warning: 'warn',
  error: 'error',
  fatal: 'error',
  panic: 'error',
} as const;

export interface NodeFacts {
  readonly values: Values;
  readonly addresses: Addresses;
  readonly hostname: string;
}

/** What the server is told; `defaults` are its own, for what has no setting. */
export function serverOptions(defaults: ServerOptions, { values, addresses, hostname }: NodeFacts): ServerOptions {
  return {
    ...defaults,
    server: true,
    nodeName: values['node-name'] || hostname,
    dataDir: values['data-dir'],
    bindAddr: addresses.bindAddr,
    advertiseAddr: addresses.advertiseAddr,
    httpAddr: addresses.httpAddr,
    rpcPort: values['rpc-port'],
    bootstrapExpect: values['bootstrap-expect'],
    foundsAlone: values.devmode || values.bootstrap,
    advertiseRpcPort: values['advertise-rpc-port'],
    join: values.join,
    retryJoin: values['retry-join'],
    retryMax: values['retry-max'],
    retryInterval: values['retry-interval'],
    encrypt: values.encrypt,
    profile: values.profile as ServerOptions['profile'],
    serfReconnectTimeout: values['serf-reconnect-timeout'],
    raftMultiplier: values['raft-multiplier'] || 1,
    reconcileInterval: values.reconcileinterval,
    lease: values.lease,
    agentRunMaxRetries: values['agent-run-max-retries'],
    agentRunRetryInitialInterval: values['agent-run-retry-initial-interval'],
    agentRunRetryMaxInterval: values['agent-run-retry-max-interval'],
    agentRunOrphan: values['agentrun-orphan'],
    serverReplaceAfter: values['server-replace-after'],
    leaveOnTerminate: values['leave-on-terminate'],
    logLevel: logLevelOf(values),
    logFormat: values['log-format'] === 'json' ? 'json' : 'text',
    // The original's mark of a server that begins alone.
    tags: values.bootstrap ? { ...values.tags, bootstrap: '1' } : values.tags,
    region: values.region,
    datacenter: values.datacenter,
    tickGrace: values['tick-grace'],
    killGrace: values['kill-grace'],
    forbidHold: values['forbid-hold'],
    spawnHelper: values['spawn-helper'] as ServerOptions['spawnHelper'],
    stopTimeout: values['stop-timeout'],
    corsOrigins: values['cors-origins'],
    enablePrometheus: values['enable-prometheus'],
    ui: values.ui,
    maxBodySize: values['max-body-size'],
    httpMaxConnections: values['http-max-connections'],
    httpMaxStreams: values['http-max-streams'],
    httpMaxHeaderSize: values['http-max-header-size'],
    httpHeaderTimeout: values['http-header-timeout'],
    httpRequestTimeout: values['http-request-timeout'],
    httpIdleTimeout: values['http-idle-timeout'],
    defaultTimezone: values['default-timezone'],
    executionRetention: values['execution-retention'],
    executionRetentionAge: values['execution-retention-age'],
    executionRetentionBytes: values['execution-retention-bytes'],
    ledgerRetention: values['ledger-retention'],
  };
}

export function logLevelOf(values: Values): ServerOptions['logLevel'] {
  return LOG_LEVELS[values['log-level'] as keyof typeof LOG_LEVELS] ?? 'info';
}
