import type { Counter, Gauge, Histogram, Metrics } from '@dkron/runtime';
import type { MemberChange } from '../core/serf/effects.ts';
import { type Member, MEMBER_STATUSES, type MemberStatus } from '../core/types.ts';

/** Seconds, from a loopback interface to the other side of the world. */
const RTT_SECONDS = [0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** Instruments of a node. Labels are of closed sets. */
export class NodeMetrics {
  readonly packets: Counter;
  readonly packetBytes: Counter;
  readonly streams: Counter;
  readonly faults: Counter;
  readonly events: Counter;
  readonly lost: Counter;
  readonly stalls: Counter;
  readonly suspicions: Counter;
  readonly refutations: Counter;
  readonly rttSeconds: Histogram;
  readonly #members: Gauge;
  readonly #health: Gauge;
  readonly #statuses = new Map<string, MemberStatus>();
  readonly #counts = new Map<MemberStatus, number>();
  #lastHealth = 0;

  constructor(metrics: Metrics) {
    this.packets = metrics.counter('gossip_packets_total', 'Datagrams, by direction: in, out');
    this.packetBytes = metrics.counter('gossip_packet_bytes_total', 'Bytes of datagrams, by direction: in, out');
    this.streams = metrics.counter(
      'gossip_streams_total',
      'Requests over streams that succeeded, by direction and kind',
    );
    this.faults = metrics.counter(
      'gossip_faults_total',
      'Input of peers that was refused, and sends that failed, by code',
    );
    this.events = metrics.counter('gossip_events_total', 'Events of the pool, by kind');
    this.lost = metrics.counter('gossip_events_lost_total', 'Events that a slow reader of an iterator missed');
    this.stalls = metrics.counter('gossip_stalls_total', 'Times our timers came late by more than the threshold');
    this.suspicions = metrics.counter('gossip_suspicions_total', 'Members that became suspect, as seen here');
    this.refutations = metrics.counter('gossip_refutations_total', 'Claims about us that we contradicted');
    this.rttSeconds = metrics.histogram('gossip_probe_rtt_seconds', 'Round trip of direct probes', RTT_SECONDS);
    this.#members = metrics.gauge('gossip_members', 'Members known, by status');
    this.#health = metrics.gauge('gossip_health_score', '0 is healthy; so many times slower our probes are');
  }

  memberChanged(change: MemberChange, { name, status }: Member): void {
    this.events.add(1, { kind: change });
    const before = this.#statuses.get(name);
    if (change === 'reap') this.#statuses.delete(name);
    else this.#statuses.set(name, status);
    const after = this.#statuses.get(name);
    if (before === after) return;
    if (before !== undefined) this.#count(before, -1);
    if (after !== undefined) this.#count(after, 1);
  }

  setHealth(score: number): void {
    if (score === this.#lastHealth) return;
    this.#lastHealth = score;
    this.#health.set(score);
  }

  #count(status: MemberStatus, delta: number): void {
    const count = (this.#counts.get(status) ?? 0) + delta;
    this.#counts.set(status, count);
    this.#members.set(count, { status: MEMBER_STATUSES.includes(status) ? status : 'none' });
  }
}
