import type { AskDescription, AskPledge } from '@dkron/cluster';
import type { Description } from '@dkron/cluster';
import { Formation, IdentityFormationStore } from '@dkron/cluster';
import type { ClusterAnswers } from '../grpc/cluster.controller.ts';
import { clusterIdOf } from '@dkron/raft';
import type { Clock, Logger, Random, Timers } from '@dkron/runtime';
import { SOFTWARE } from '../version.ts';
import type { Consensus } from './consensus.ts';

export interface FormationOptions {
  readonly nodeName: string;
  readonly region: string;
  readonly bootstrapExpect: number;
  readonly foundsAlone: boolean;
}

interface Modules {
  readonly consensus: Consensus;
  readonly describe: AskDescription;
  readonly askPledge: AskPledge;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly onFatal: (error: Error) => void;
}

/** Brings this server into a cluster: the rules of `@dkron/cluster` over consensus and gRPC. */
export function createFormation(options: FormationOptions, modules: Modules): Formation {
  const { consensus } = modules;
  const { node, identity } = consensus;
  return new Formation(
    { name: options.nodeName, region: options.region, expect: options.foundsAlone ? 1 : options.bootstrapExpect },
    {
      ...modules,
      store: new IdentityFormationStore(identity),
      raft: {
        clusterId: () => node.identity.clusterId,
        hasState: () => {
          const { lastIndex, term } = node.stats();
          return lastIndex > 0 || term > 0;
        },
        bootstrap: (record) => node.bootstrap(record),
        redraw: () => node.redrawBirth(),
      },
      clusterIdOf,
    },
  );
}

/**
 * What this server says of itself to other nodes. A member names its configuration and who leads. One that leaves is no
 * candidate for voters any more, although it is still alive.
 */
export function clusterAnswers(
  formation: Formation,
  { node }: Consensus,
  leaving: () => boolean = () => false,
  facts: () => Pick<Description, 'featureMax' | 'wallMs'> = () => ({ featureMax: 0, wallMs: 0 }),
): ClusterAnswers {
  return {
    describe: () => {
      const own = formation.describe({ boot: node.identity.boot, software: SOFTWARE, ...facts() });
      if (leaving()) return { ...own, state: 'agent' };
      if (own.state !== 'member') return own;
      const { id, address } = node.leader();
      const members = node.getConfiguration().members.map((member) => member.id);
      return { ...own, members, leader: { name: id, address } };
    },
    pledge: (request) => formation.pledge(request),
  };
}
