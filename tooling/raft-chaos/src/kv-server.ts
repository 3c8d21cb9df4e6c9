/** One process, one raft server: a key-value store over log and snapshots on disk and gRPC between servers. */
import { rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { RaftError, RaftNode } from '@dkron/raft';
import { GrpcRaftTransport } from '@dkron/raft-grpc';
import { FileSnapshots, IdentityFile, nodeDisk, SegmentedWal } from '@dkron/raft/storage';
import { noMetrics } from '@dkron/runtime';
import {
  consoleLogger,
  systemClock as clock,
  systemRandom as random,
  systemTimers as timers,
} from '@dkron/runtime/system';
import { KvMachine } from './kv-machine.ts';
import type { Reply, Request, ServerConfig, ServerStatus } from './protocol.ts';
import { Saturator } from './saturator.ts';

const SEGMENT_BYTES = 4 << 20;

const config = JSON.parse(process.argv[2] ?? '{}') as ServerConfig;
const counts = { leaderships: 0, longestStallMs: 0 };
// A test that is gone takes its servers along.
process.stdin.on('end', () => process.exit(3)).resume();

const logger = consoleLogger({ level: 'info' });
const machine = new KvMachine();
const node = await startNode();
const saturator = new Saturator(node);
rmSync(config.socket, { force: true });
createServer(serve).listen(config.socket);

async function startNode(): Promise<RaftNode> {
  const { id, host, port, peers, snapshots } = config;
  const disk = nodeDisk(config.dir);
  await disk.makeDir('');
  const transport = new GrpcRaftTransport({ id }, { clock, timers, random, logger, metrics: noMetrics });
  await transport.listen({ host, port });
  const low = snapshots && {
    snapshotThreshold: snapshots.threshold,
    snapshotIntervalMs: snapshots.intervalMs,
    trailingLogs: snapshots.trailing,
  };
  const made = new RaftNode(
    { id, ...low },
    {
      log: new SegmentedWal(low === undefined ? {} : { segmentBytes: SEGMENT_BYTES }, { disk, clock, logger }),
      snapshots: new FileSnapshots({}, { disk, logger }),
      identity: new IdentityFile({}, { disk }),
      resolver: { address: (peer) => peers[peer] ?? '' },
      transport,
      stateMachine: machine,
      clock,
      timers,
      random,
      logger,
    },
  );
  made.on('leadership', () => (counts.leaderships += 1));
  made.on('stall', ({ gapMs }) => (counts.longestStallMs = Math.max(counts.longestStallMs, gapMs)));
  // Counted by the test, since these servers do not live long.
  made.on('snapshot', ({ kind }) => process.stdout.write(`${kind}\n`));
  made.on('fatal', ({ error }) => {
    logger.error('the node failed', { error: error.stack });
    process.exit(4);
  });
  await made.start();
  return made;
}

function serve(socket: Socket): void {
  const lines = createInterface({ input: socket });
  for (const one of [socket, lines]) one.on('error', () => {});
  lines.on('line', (line) => {
    const { n, ...request } = JSON.parse(line) as Request & { readonly n: number };
    const write = (reply: Omit<Reply, 'n'>): void => void socket.write(`${JSON.stringify({ n, ...reply })}\n`);
    answer(request as Request).then(
      (ok) => write({ ok: ok ?? null }),
      (error: unknown) => write(describe(error)),
    );
  });
}

async function answer(request: Request): Promise<unknown> {
  switch (request.op) {
    case 'put':
    case 'cas':
      return (await node.apply(new TextEncoder().encode(JSON.stringify(request)))).value;
    case 'get':
      await node.readIndex();
      return machine.get(request.key);
    case 'status':
      return status();
    case 'applied':
      return machine.written;
    case 'bootstrap':
      return node.bootstrap({ region: 'global', attempt: 0, members: request.members });
    case 'saturate':
      return saturator.start(request.inFlight, request.bytes);
    default:
      throw new TypeError(`unknown request ${JSON.stringify(request)}`);
  }
}

function describe(error: unknown): Omit<Reply, 'n'> {
  if (!(error instanceof RaftError)) return { error: String(error) };
  const { leaderId } = error.details as { readonly leaderId?: string };
  return { error: error.code, ...(leaderId === undefined || leaderId === '' ? {} : { leader: leaderId }) };
}

function status(): ServerStatus {
  const { applied } = node.stats();
  return {
    birth: node.identity.birth,
    isLeader: node.leadershipValid(),
    leaderId: node.leader().id,
    term: node.term,
    applied,
    checksum: machine.checksum,
    leaderships: counts.leaderships,
    longestStallMs: counts.longestStallMs,
    saturated: saturator.committed,
  };
}
