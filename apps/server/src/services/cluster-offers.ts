import type { NodeOffers, Offer, OfferSource } from '@dkron/contracts';
import type { Clock } from '@dkron/runtime';
import type { Membership } from '@dkron/scheduler';

/** An executor or a processor of the cluster; nodes where it differs in source or schema are told apart. */
export interface ClusterOffer {
  readonly name: string;
  readonly source: OfferSource;
  /** Nodes where it can be used now, in ascending order. */
  readonly nodes: readonly string[];
  /** Nodes where it is down. */
  readonly unavailable: readonly string[];
  /** JSON Schema; null = it does not tell. */
  readonly configSchema: unknown;
}

export interface ClusterOffers {
  readonly offers: readonly ClusterOffer[];
  /** Nodes that are alive and did not tell what they have; those of the original never do. */
  readonly silent: readonly string[];
}

export type OfferKind = keyof NodeOffers;

export interface OffersModules {
  readonly own: () => NodeOffers;
  readonly membership: Membership;
  /** Where the gRPC of a node is reached; `''` = not known. */
  readonly addressOf: (node: string) => string;
  /** Rejects when the node does not answer. */
  readonly ask: (address: string, timeoutMs: number) => Promise<NodeOffers>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

const ASK_MS = 2_000;
const ASKED_AT_ONCE = 64;
/** A list of a large cluster is not made anew for each who asks. */
const KEPT_MS = 5_000;

interface Told {
  readonly node: string;
  readonly offers: NodeOffers | undefined;
}

/** What the nodes of the cluster have for jobs: asked when somebody wants to know, and kept for a few seconds. */
export class OffersService {
  readonly #modules: OffersModules;
  #round: { readonly at: number; readonly told: Promise<readonly Told[]> } | undefined;

  constructor(modules: OffersModules) {
    this.#modules = modules;
  }

  async list(kind: OfferKind): Promise<ClusterOffers> {
    const told = await this.#told();
    return {
      offers: grouped(told.flatMap(({ node, offers }) => (offers?.[kind] ?? []).map((offer) => ({ node, offer })))),
      silent: told.filter(({ offers }) => offers === undefined).map(({ node }) => node),
    };
  }

  #told(): Promise<readonly Told[]> {
    const at = this.#modules.clock.monotonicMs();
    if (this.#round === undefined || at - this.#round.at > KEPT_MS) this.#round = { at, told: this.#askAll() };
    return this.#round.told;
  }

  async #askAll(): Promise<readonly Told[]> {
    const { membership, own } = this.#modules;
    const self = membership.self().name;
    const nodes = membership
      .members()
      .filter(({ name, status }) => status === 'alive' && name !== self)
      .map(({ name }) => name);
    const told: Told[] = [{ node: self, offers: own() }];
    let next = 0;
    const askSome = async (): Promise<void> => {
      for (let node = nodes[next++]; node !== undefined; node = nodes[next++]) {
        told.push({ node, offers: await this.#ask(node) });
      }
    };
    await Promise.all(Array.from({ length: Math.min(ASKED_AT_ONCE, nodes.length) }, askSome));
    return told.toSorted((a, b) => (a.node < b.node ? -1 : 1));
  }

  async #ask(node: string): Promise<NodeOffers | undefined> {
    const address = this.#modules.addressOf(node);
    if (address === '') return undefined;
    try {
      return await this.#modules.ask(address, ASK_MS);
    } catch {
      return undefined;
    }
  }
}

function grouped(all: readonly { readonly node: string; readonly offer: Offer }[]): ClusterOffer[] {
  const groups = new Map<string, { offer: Offer; nodes: string[]; unavailable: string[] }>();
  for (const { node, offer } of all) {
    const key = JSON.stringify([offer.name, offer.source, offer.configSchema]);
    const group = groups.get(key) ?? { offer, nodes: [], unavailable: [] };
    groups.set(key, group);
    group[offer.available ? 'nodes' : 'unavailable'].push(node);
  }
  return [...groups]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { offer, nodes, unavailable }]) => ({
      name: offer.name,
      source: offer.source,
      nodes,
      unavailable,
      configSchema: schemaOf(offer.configSchema),
    }));
}

/** What another node sent may be anything. */
function schemaOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
