import type { GossipNode } from '@dkron/gossip';
import { create } from '@dkron/gossip';
import type { Clock, Logger, Metrics, Random, Timers } from '@dkron/runtime';
import { StartError } from '../errors.ts';
import type { HostPort, ServerOptions } from '../options.ts';

interface Modules {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface PoolAddresses {
  readonly bind: HostPort;
  readonly advertise: HostPort;
}

/** This node's member of the gossip pool, with the numbers of the original; not started. */
export function createPool(options: ServerOptions, { bind, advertise }: PoolAddresses, modules: Modules): GossipNode {
  const anyAddress = bind.host === '' ? '0.0.0.0' : bind.host;
  try {
    return create(
      {
        name: options.nodeName,
        tags: options.tags,
        bindIp: anyAddress,
        bindPort: bind.port,
        ...(advertise.host === '' ? {} : { advertiseIp: advertise.host }),
        ...(advertise.port === 0 ? {} : { advertisePort: advertise.port }),
        profile: options.profile,
        // A node that died may come back at another address at once: it is known by its name.
        swim: { deadNodeReclaimMs: 1 },
        serf: { reconnectTimeoutMs: options.serfReconnectTimeout },
        keys: options.encrypt === '' ? [] : [options.encrypt],
      },
      modules,
    );
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw new StartError('invalid_option', `gossip: ${error.message}`, {}, { cause: error });
  }
}

/** Listens. @throws StartError when the address cannot be had */
export async function startPool(pool: GossipNode, { bind }: PoolAddresses): Promise<void> {
  try {
    await pool.start();
  } catch (cause) {
    const value = `${bind.host}:${bind.port}`;
    const message = `bind-addr: cannot listen on ${value}: ${(cause as Error).message}; choose another, e.g. --bind-addr=127.0.0.1:${bind.port + 1}`;
    throw new StartError('address_in_use', message, { option: 'bind-addr', value }, { cause });
  }
}
