import type { AskDescription, AskPledge, Formation } from '@dkron/cluster';
import { storeCodec } from '@dkron/contracts';
import type { Member } from '@dkron/jobs';
import type { Transport } from '@dkron/raft';
import type { Disk } from '@dkron/raft/storage';
import type { Store } from '@dkron/store';
import type { Consensus } from '../cluster/consensus.ts';
import { openConsensus } from '../cluster/consensus.ts';
import { checkNodeName } from '../cluster/found-alone.ts';
import { FeatureGate } from '../cluster/feature-gate.ts';
import { PoolMembership } from '../cluster/pool-membership.ts';
import { createFormation } from '../cluster/server-formation.ts';
import { ServerSurvey } from '../cluster/server-survey.ts';
import type { ServerOptions } from '../options.ts';
import type { Environment } from './environment.ts';
import { tickMsOf } from './tick.ts';

/** What the core of a server touches outside of its process. */
export interface CorePorts {
  readonly store: Store;
  /** Folder of the log, the snapshots and the identity. */
  readonly directory: string;
  /** @default the folder `directory` */
  readonly disk?: Disk;
  readonly segmentBytes?: number;
  readonly transport: Transport;
  readonly describe: AskDescription;
  readonly askPledge: AskPledge;
}

/** The log that decides, the state that it decides, and whom they are shared with. */
export interface ServerCore {
  readonly store: Store;
  readonly membership: PoolMembership;
  readonly consensus: Consensus;
  readonly formation: Formation;
  /** What the other servers know, and what time it is there. */
  readonly survey: ServerSurvey;
  readonly features: FeatureGate;
}

/** Reads back what is on disk. @param own - this node, until gossip has begun */
export async function openCore(
  options: ServerOptions,
  own: Member,
  ports: CorePorts,
  environment: Environment,
): Promise<ServerCore> {
  const { nodeName, region } = options;
  const { store, directory, segmentBytes } = ports;
  const { unwind, onFatal } = environment;
  const membership = new PoolMembership(own);
  const consensus = await openConsensus(
    {
      directory,
      nodeName,
      region,
      tickMs: tickMsOf(options),
      featureMax: options.featureLevelMax,
      ...(segmentBytes === undefined ? {} : { segmentBytes }),
    },
    {
      ...environment,
      ...ports,
      codec: storeCodec.command,
      resolver: { address: (id, configured) => membership.rpcAddress(id) || configured },
      admit: (clusterId) => formation.admit(clusterId),
    },
  );
  const { node } = consensus;
  unwind.add(() => node.stop());
  node.on('fatal', ({ error }) => onFatal(error));
  checkNodeName(node, nodeName);
  const formation = createFormation(options, { ...environment, ...ports, consensus });
  unwind.add(() => formation.stop());
  const features = new FeatureGate({ featureMax: options.featureLevelMax }, { ...environment, store, raft: node });
  consensus.log.guardWith((type) => features.check(type));
  const survey = new ServerSurvey(nodeName, { ...environment, ...ports, raft: node, membership });
  unwind.add(() => survey.stop());
  return { store, membership, consensus, formation, survey, features };
}
