import { nodeOptions, type NodeFacts } from '@dkron/config';
import type { ServerOptions } from '@dkron/server';

/** What the server is told; `defaults` are its own, for what has no setting. */
export function serverOptions(defaults: ServerOptions, facts: NodeFacts): ServerOptions {
  const { values, addresses } = facts;
  return {
    ...defaults,
    ...nodeOptions(facts),
    server: true,
    httpAddr: addresses.httpAddr,
    foundsAlone: values.devmode || values.bootstrap,
    raftMultiplier: values['raft-multiplier'] || 1,
    reconcileInterval: values.reconcileinterval,
    lease: values.lease,
    agentRunMaxRetries: values['agent-run-max-retries'],
    agentRunRetryInitialInterval: values['agent-run-retry-initial-interval'],
    agentRunRetryMaxInterval: values['agent-run-retry-max-interval'],
    agentRunOrphan: values['agentrun-orphan'],
    serverReplaceAfter: values['server-replace-after'],
    maxClockSkew: values['max-clock-skew'],
    leaveOnTerminate: values['leave-on-terminate'],
    tickGrace: values['tick-grace'],
    forbidHold: values['forbid-hold'],
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
    notifications: {
      mail: {
        host: values['mail-host'],
        port: values['mail-port'],
        username: values['mail-username'],
        password: values['mail-password'],
        from: values['mail-from'],
        payload: values['mail-payload'],
        subjectPrefix: values['mail-subject-prefix'],
      },
      preWebhook: {
        endpoint: values['pre-webhook-endpoint'],
        payload: values['pre-webhook-payload'],
        headers: values['pre-webhook-headers'],
      },
      webhook: {
        endpoint: values['webhook-endpoint'],
        payload: values['webhook-payload'],
        headers: values['webhook-headers'],
      },
      cronitorEndpoint: values['cronitor-endpoint'],
    },
    notificationMaxAge: values['notification-max-age'],
  };
}
