import type { sendUnaryData, ServerUnaryCall, ServiceDefinition } from '@grpc/grpc-js';
import type { NodeOffers, Offer } from '@dkron/contracts';
import { offerService } from '@dkron/contracts';
import type { NodeService } from './index.ts';

/** An executor or a processor, as far as others are told of it. */
export interface Offered {
  readonly name: string;
  /** A zod schema; absent = it does not tell what its configuration may hold. */
  readonly configSchema?: { toJSONSchema(params?: { readonly io: 'input'; readonly unrepresentable: 'any' }): object };
}

/**
 * What a node tells of its executors or processors, in ascending order.
 *
 * @param pluginUp whether the plugin of that name can be used now; undefined = it is part of the node
 */
export function offersOf(all: readonly Offered[], pluginUp: (name: string) => boolean | undefined): Offer[] {
  return all
    .map(({ name, configSchema }): Offer => {
      const up = pluginUp(name);
      const schema = configSchema?.toJSONSchema({ io: 'input', unrepresentable: 'any' });
      return {
        name,
        source: up === undefined ? 'built_in' : 'plugin',
        available: up ?? true,
        configSchema: schema === undefined ? '' : JSON.stringify(schema),
      };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** `dkron.cluster.v1.OfferService`: tells other nodes what this one has for jobs. */
export function offersNodeService(offers: () => NodeOffers): NodeService {
  const listOffers = (_call: ServerUnaryCall<object, NodeOffers>, callback: sendUnaryData<NodeOffers>): void =>
    callback(null, offers());
  return { service: offerService as unknown as ServiceDefinition, handlers: { listOffers } };
}
