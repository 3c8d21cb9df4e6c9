/** One server of our cluster, in a process of its own; obeys the bench over the channel of `fork`. */
import { RaftNode } from '@dkron/raft';
import type { FoundingRecord } from '@dkron/raft';
import { GrpcRaftTransport } from '@dkron/raft-grpc';
import { FileSnapshots, IdentityFile, nodeDisk, SegmentedWal } from '@dkron/raft/storage';
import { noMetrics, silentLogger } from '@dkron/runtime';
import { systemClock, systemRandom, systemTimers } from '@dkron/runtime/system';
import { serveFacade } from './facade.ts';
import { KeyValue } from './key-value.ts';
import type { LoadOrder } from './proposers.ts';
import { propose } from './proposers.ts';
import { SlowDisk } from './slow-disk.ts';

const [id = '', folder = ''] = process.argv.slice(2);
/** RAFT_BENCH_BLOCKING=never: every write takes the thread pool. */
const WAL_OPTIONS = { blockingWrites: process.env['RAFT_BENCH_BLOCKING'] === 'never' ? 'never' : 'auto' } as const;
const ambient = {
  clock: systemClock,
  timers: systemTimers,
  random: systemRandom,
  logger: silentLogger,
  metrics: noMetrics,
};
const transport = new GrpcRaftTransport({ id }, ambient);
const address = await transport.listen({ host: '127.0.0.1', port: 0 });
const slow = new SlowDisk(nodeDisk(folder));
const { disk } = slow;
await disk.makeDir('');
const stateMachine = new KeyValue();
let addresses: Readonly<Record<string, string>> = {};
let commits = 0;
const node = new RaftNode(
  { id },
  {
    ...ambient,
    log: new SegmentedWal(WAL_OPTIONS, {
      ...ambient,
      disk,
      onCommit: ({ synced }) => void (commits += Number(synced)),
    }),
    snapshots: new FileSnapshots({}, { ...ambient, disk }),
    identity: new IdentityFile({}, { disk }),
    transport,
    stateMachine,
    resolver: { address: (peer) => addresses[peer] ?? '' },
  },
);
await node.start();

/** What the bench asks for, by name. */
const orders = {
  born: () => ({ address, birth: node.identity.birth }),
  meet: (all: Readonly<Record<string, string>>) => void (addresses = all),
  found: (record: FoundingRecord) => node.bootstrap(record),
  leads: () => node.leadershipValid(),
  facade: () => serveFacade(node),
  delay: (ms: number) => void (slow.delayMs = ms),
  load: (order: LoadOrder) => propose(node, order),
  counters: () => ({ applied: node.stats().applied, term: node.term, walSyncs: commits, syncs: slow.syncs }),
  stop: () => node.stop(),
};

process.on('message', (message: { number: number; order: keyof typeof orders; argument: never }) => {
  const { number, order, argument } = message;
  Promise.resolve()
    .then(() => (orders[order] as (argument: never) => unknown)(argument))
    .then(
      (result: unknown) => void process.send?.({ number, result }),
      (error: unknown) => void process.send?.({ number, error: String(error) }),
    );
});
process.on('disconnect', () => process.exit());
process.send?.({ ready: true });
