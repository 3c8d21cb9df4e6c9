import { Joiner } from '@dkron/cluster';
import type { GossipNode } from '@dkron/gossip';
import type { Clock, Logger, Timers } from '@dkron/runtime';
import { StartError } from '@dkron/config/parts';
import type { AgentOptions } from './options.ts';

export interface JoiningModules {
  readonly gossip: Pick<GossipNode, 'join' | 'members'>;
  /** Servers of the region that are alive. */
  readonly servers: () => readonly unknown[];
  readonly clock: Clock;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly onFatal: (error: Error) => void;
}

type JoiningOptions = Pick<AgentOptions, 'nodeName' | 'join' | 'retryJoin' | 'retryMax' | 'retryInterval'>;

/**
 * Joins the pool in the background: `join` once, `retryJoin` for as long as no server is known.
 *
 * @returns ends the tries
 */
export function startJoining(options: JoiningOptions, modules: JoiningModules): () => void {
  const { nodeName, join, retryJoin, retryMax, retryInterval } = options;
  const { gossip, servers, logger, onFatal } = modules;
  const contact = async (
    addresses: readonly string[],
  ): Promise<{ names: string[]; failed: { address: string; why: string }[] }> => {
    const { failures } = await gossip.join(addresses);
    const names = gossip
      .members()
      .flatMap(({ name, status }) => (status === 'alive' && name !== nodeName ? [name] : []));
    return { names, failed: failures.map(({ address, reason }) => ({ address, why: reason })) };
  };
  if (retryJoin.length === 0) {
    if (join.length === 0) logger.warn('gossip: no address to join is given; waiting to be joined');
    else contact(join).catch((error: Error) => logger.warn('gossip: join failed', { reason: error.message }));
    return () => {};
  }
  const joiner = new Joiner(
    { targets: retryJoin, retryMax, retryIntervalMs: retryInterval },
    {
      ...modules,
      self: nodeName,
      // Names are looked up by gossip, at each try.
      resolve: async (target) => [target],
      contact,
      servers: () => ({ alive: servers().length, wanted: 1 }),
      onExhausted: ({ message }) => onFatal(new StartError('join_exhausted', message, { option: 'retry-join' })),
    },
  );
  joiner.start();
  return () => joiner.stop();
}
