import type { AgentOptions } from '@dkron/agent';
import { logLevelOf } from './server-options.ts';
import type { NodeFacts } from './server-options.ts';

/** What the agent is told; `defaults` are its own, for what has no setting. */
export function agentOptions(defaults: AgentOptions, { values, addresses, hostname }: NodeFacts): AgentOptions {
  return {
    ...defaults,
    nodeName: values['node-name'] || hostname,
    dataDir: values['data-dir'],
    bindAddr: addresses.bindAddr,
    advertiseAddr: addresses.advertiseAddr,
    rpcPort: values['rpc-port'],
    advertiseRpcPort: values['advertise-rpc-port'],
    region: values.region,
    datacenter: values.datacenter,
    bootstrapExpect: values['bootstrap-expect'],
    tags: values.bootstrap ? { ...values.tags, bootstrap: '1' } : values.tags,
    join: values.join,
    retryJoin: values['retry-join'],
    retryMax: values['retry-max'],
    retryInterval: values['retry-interval'],
    encrypt: values.encrypt,
    profile: values.profile as AgentOptions['profile'],
    serfReconnectTimeout: values['serf-reconnect-timeout'],
    killGrace: values['kill-grace'],
    spawnHelper: values['spawn-helper'] as AgentOptions['spawnHelper'],
    stopTimeout: values['stop-timeout'],
    logLevel: logLevelOf(values),
    logFormat: values['log-format'] === 'json' ? 'json' : 'text',
  };
}
