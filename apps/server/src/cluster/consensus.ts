import type { Command } from '@dkron/jobs';
import type { Resolver, Transport } from '@dkron/raft';
import { RaftNode } from '@dkron/raft';
import type { Disk } from '@dkron/raft/storage';
import { FileSnapshots, IdentityFile, nodeDisk, peersFileOn, SegmentedWal } from '@dkron/raft/storage';
import type { Clock, Logger, Metrics, Random, Timers } from '@dkron/runtime';
import type { Codec, Store } from '@dkron/store';
import { SOFTWARE } from '../version.ts';
import { RaftLog } from './raft-log.ts';
import { StoreMachine } from './store-machine.ts';

/** Small, as the log is compacted behind a durable store; a larger entry gets a segment of its own. */
const SEGMENT_BYTES = 8 << 20;
/**
 * Of entries that a follower may still ask for; what is older is read from disk. An entry keeps the slab of buffers alive
 * that it was cut from, so that it costs several times its size.
 */
const CACHE_BYTES = 1 << 20;

export interface ConsensusOptions {
  /** Folder of the log, the snapshots and the identity. */
  readonly directory: string;
  /** Also the raft id. */
  readonly nodeName: string;
  readonly region: string;
  /** Length of a tick; an election timeout is ten to twenty of them. @default 100 */
  readonly tickMs?: number;
  /** Highest level of features that this server agrees to. @default 0 */
  readonly featureMax?: number;
  /** @default 8 MiB */
  readonly segmentBytes?: number;
}

export interface ConsensusModules {
  readonly store: Store;
  readonly codec: Codec<Command>;
  readonly transport: Transport;
  /** @default the folder of the options */
  readonly disk?: Disk;
  /** @default what is configured */
  readonly resolver?: Resolver;
  /** Whether to follow a cluster that calls this server, which belongs to none. @default yes */
  readonly admit?: (clusterId: string) => Promise<true | string>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** This server's part in the consensus: the node, and the log over it. */
export interface Consensus {
  readonly node: RaftNode;
  readonly log: RaftLog;
  /** Of the data folder; also where formation keeps its promises. */
  readonly identity: IdentityFile;
}

/** Reads back what is on disk. Nothing is voted before the node is founded, joined or restarted as a member. */
export async function openConsensus(options: ConsensusOptions, modules: ConsensusModules): Promise<Consensus> {
  const { disk = nodeDisk(options.directory) } = modules;
  await disk.makeDir('');
  const machine = new StoreMachine(modules.store);
  const { nodeName: id, region, tickMs = 100, segmentBytes = SEGMENT_BYTES, featureMax = 0 } = options;
  const { clock, logger } = modules;
  const identity = new IdentityFile({}, { disk });
  const node = new RaftNode(
    { id, region, tickMs, featureMax, entryCacheBytes: CACHE_BYTES, gatherWhileWriting: true, software: SOFTWARE },
    {
      ...modules,
      identity,
      log: new SegmentedWal({ segmentBytes }, { disk, clock, logger }),
      snapshots: new FileSnapshots({}, { disk, logger }),
      peersFile: peersFileOn(disk),
      stateMachine: machine,
    },
  );
  await node.start();
  return { node, identity, log: new RaftLog({ node, machine, codec: modules.codec }) };
}
