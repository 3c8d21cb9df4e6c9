import type { RaftNode } from '@dkron/raft';
import { percentile } from '../table.ts';
import { putRequest } from './put-request.ts';

export interface LoadOrder {
  /** Commands under way at any time. */
  readonly inFlight: number;
  readonly bytes: number;
  readonly warmMs: number;
  readonly measureMs: number;
}

export interface LoadResult {
  /** Commands applied on the leader per second. */
  readonly rate: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Callers in the leader's process: each proposes the next command when its last one is applied. */
export async function propose(node: RaftNode, order: LoadOrder): Promise<LoadResult> {
  const template = putRequest(order.bytes);
  const from = performance.now() + order.warmMs;
  const until = from + order.measureMs;
  const latencies: number[] = [];
  const caller = async (): Promise<void> => {
    for (let at = performance.now(); at < until;) {
      await node.apply(Buffer.from(template));
      const now = performance.now();
      if (now >= from && now < until) latencies.push(now - at);
      at = now;
    }
  };
  await Promise.all(Array.from({ length: order.inFlight }, caller));
  return {
    rate: (latencies.length * 1000) / order.measureMs,
    p50Ms: percentile(latencies, 0.5),
    p99Ms: percentile(latencies, 0.99),
    maxMs: percentile(latencies, 1),
  };
}
