import type { GossipNode } from '@dkron/gossip';
import { create } from '@dkron/gossip';
import type { Clock, Logger, Metrics, Random, Timers } from '@dkron/runtime';
import type { HostPort } from './addresses.ts';
import type { NodeOptions } from '../node/node-options.ts';
import { StartError } from './start-error.ts';

export interface PoolModules {
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

type PoolOptions = Pick<NodeOptions, 'nodeName' | 'tags' | 'profile' | 'serfReconnectTimeout' | 'encrypt'>;

/**
 * A node's member of the gossip pool, with the numbers of the original; not started.
 *
 * @throws StartError when a setting of it cannot be used
 */
export function createPool(options: PoolOptions, { bind, advertise }: PoolAddresses, modules: PoolModules): GossipNode {
  try {
    return create(
      {
        name: options.nodeName,
        tags: options.tags,
        bindIp: bind.host === '' ? '0.0.0.0' : bind.host,
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
export async function startPool(pool: GossipNode, { bind }: Pick<PoolAddresses, 'bind'>): Promise<void> {
  try {
    await pool.start();
  } catch (cause) {
    const value = `${bind.host}:${bind.port}`;
    const message = `bind-addr: cannot listen on ${value}: ${(cause as Error).message}; choose another, e.g. --bind-addr=127.0.0.1:${bind.port + 1}`;
    throw new StartError('address_in_use', message, { option: 'bind-addr', value }, { cause });
  }
}

/** What a node ends with that lost the vote of the pool about its name. */
export function nameTaken(nodeName: string): StartError {
  const message =
    `node-name: another node of the pool is called "${nodeName}", and most of the pool knows that one; give one of them ` +
    'another name, or wait until a node that died under this name is seen as failed';
  return new StartError('name_taken', message, { option: 'node-name', value: nodeName });
}
