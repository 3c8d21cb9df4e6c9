import type { Offered } from '@dkron/agent-grpc/node-services';
import { offersOf } from '@dkron/agent-grpc/node-services';
import type { NodeOffers } from '@dkron/contracts';
import type { PluginStatus } from '@dkron/plugins/host';

/** What a node has for jobs, by name. */
export type OfferedByName = ReadonlyMap<string, Offered>;

export interface OwnOffers {
  readonly executors: OfferedByName;
  readonly processors: OfferedByName;
  /** How its plugins are. */
  readonly plugins: () => readonly PluginStatus[];
}

/** What this node tells others that it has, as it is now. */
export function ownOffers({ executors, processors, plugins }: OwnOffers): NodeOffers {
  const up = new Map(plugins().map(({ id, state }) => [id, state === 'ready']));
  return {
    executors: offersOf([...executors.values()], (name) => up.get(`executor-${name}`)),
    processors: offersOf([...processors.values()], (name) => up.get(`processor-${name}`)),
  };
}

/** In ascending order. */
export function byName(all: readonly Offered[]): OfferedByName {
  return new Map(all.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map((one) => [one.name, one]));
}
