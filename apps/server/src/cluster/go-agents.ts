import { GoAgents } from '@dkron/agent-grpc/types-v1';
import type { GoAgentsOptions, GoMember } from '@dkron/agent-grpc/types-v1';
import { decodeNodeMember } from '@dkron/cluster';
import type { Describer, NodeMember } from '@dkron/cluster';
import type { Clock, Logger, Timers } from '@dkron/runtime';
import type { Engine, Membership } from '@dkron/scheduler';
import type { Store } from '@dkron/store';
import type { ServerOptions } from '../options.ts';

interface Modules {
  readonly engine: Engine;
  readonly store: Store;
  readonly membership: Membership;
  readonly describer: Describer;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
}

/** What a node is does not change until it joins again. */
const AS_LONG_AS_KNOWN = Number.MAX_SAFE_INTEGER;

/** Drives the agents of the original in this region; to be started before the engine is, and stopped with it. */
export function createGoAgents(options: ServerOptions, modules: Modules): GoAgents {
  const { region } = options;
  const { engine, store, membership, describer } = modules;
  const agents = (): NodeMember[] =>
    membership.members().flatMap(({ name, addr, port, tags, status }) => {
      const node = decodeNodeMember({ name, address: { ip: addr, port }, tags: tags ?? {}, status });
      return node === undefined || node.server || node.region !== region || node.rpcAddress === '' ? [] : [node];
    });
  /** Stays until the node says otherwise: what runs there must not be dropped while it is asked again. */
  const found = new Set<string>();
  const isGo = ({ name, rpcAddress, status }: NodeMember): boolean => {
    const known = describer.known(name, rpcAddress);
    if (known?.outcome.kind === 'go') found.add(name);
    else if (known?.outcome.kind === 'ours') found.delete(name);
    else if (status === 'alive') {
      void describer.describe(name, rpcAddress, AS_LONG_AS_KNOWN).then(({ kind }) => kind === 'go' && fleet.sync());
    }
    return found.has(name);
  };
  const fleet = new GoAgents(settingsOf(options), {
    ...modules,
    region,
    view: store,
    accept: (channel) => engine.accept(channel),
    members: (): GoMember[] =>
      agents()
        .filter(isGo)
        .map(({ name, rpcAddress, status }) => ({ name, address: rpcAddress, alive: status === 'alive' })),
  });
  return fleet;
}

const RETRIES_MAX = 100;
const INTERVAL_MAX_MS = 2 ** 31 - 1;

/** Within what can be counted and waited for. */
function settingsOf(options: ServerOptions): GoAgentsOptions {
  const initialIntervalMs = Math.min(Math.max(options.agentRunRetryInitialInterval, 1), INTERVAL_MAX_MS);
  return {
    leaseMs: options.lease,
    orphanMs: Math.min(Math.max(options.agentRunOrphan, 1), INTERVAL_MAX_MS),
    maxRetries: Math.min(Math.max(options.agentRunMaxRetries, 0), RETRIES_MAX),
    initialIntervalMs,
    maxIntervalMs: Math.min(Math.max(options.agentRunRetryMaxInterval, initialIntervalMs), INTERVAL_MAX_MS),
  };
}
