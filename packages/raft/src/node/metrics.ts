import type { Counter, Gauge, Histogram, Metrics } from '@dkron/runtime';
import type { BasicStatus } from '../core/raft/status.ts';

/** Seconds; from a fast sync to a stuck one. */
const SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 4096];

/** Instruments of a node. */
export interface NodeMetrics {
  readonly term: Gauge;
  readonly isLeader: Gauge;
  readonly commitIndex: Gauge;
  readonly appliedIndex: Gauge;
  readonly lastIndex: Gauge;
  readonly proposals: Counter;
  readonly refused: Counter;
  readonly leaderChanges: Counter;
  readonly appendSeconds: Histogram;
  readonly appendEntries: Histogram;
  readonly applySeconds: Histogram;
  readonly stalls: Counter;
  readonly snapshots: Counter;
  readonly handshakesRefused: Counter;
  readonly messagesRefused: Counter;
  readonly unreachable: Counter;
}

export function createNodeMetrics(metrics: Metrics): NodeMetrics {
  return {
    term: metrics.gauge('raft_term', 'Current term'),
    isLeader: metrics.gauge('raft_is_leader', '1 while this server leads'),
    commitIndex: metrics.gauge('raft_commit_index', 'Highest committed index known'),
    appliedIndex: metrics.gauge('raft_applied_index', 'Highest applied index'),
    lastIndex: metrics.gauge('raft_last_index', 'Last index of the log'),
    proposals: metrics.counter('raft_proposals_total', 'Commands proposed here'),
    refused: metrics.counter('raft_proposals_refused_total', 'Commands refused or lost, by code'),
    leaderChanges: metrics.counter('raft_leader_changes_total', 'Times the known leader changed'),
    appendSeconds: metrics.histogram(
      'raft_append_seconds',
      'From handing a batch to the log until it is durable',
      SECONDS,
    ),
    appendEntries: metrics.histogram('raft_append_entries', 'Entries in a batch handed to the log', SIZES),
    applySeconds: metrics.histogram('raft_apply_seconds', 'One call of the state machine', SECONDS),
    stalls: metrics.counter('raft_stalls_total', 'Times the event loop stood still for half a tick or more'),
    snapshots: metrics.counter('raft_snapshots_total', 'Snapshots, by kind: taken, sent, received, failed'),
    handshakesRefused: metrics.counter('raft_handshakes_refused_total', 'Streams refused, by code'),
    messagesRefused: metrics.counter(
      'raft_messages_refused_total',
      'Messages that were malformed or not for this server',
    ),
    unreachable: metrics.counter('raft_unreachable_total', 'Reports that messages to a peer were lost, by reason'),
  };
}

/** Where the core stands, once a tick. */
export function setGauges(metrics: NodeMetrics, status: BasicStatus, applied: number): void {
  metrics.term.set(status.term);
  metrics.commitIndex.set(status.commit);
  metrics.lastIndex.set(status.lastIndex);
  metrics.appliedIndex.set(applied);
  metrics.isLeader.set(status.role === 'leader' ? 1 : 0);
}
