import type { ExecutionId } from '@dkron/jobs';
import type { Timers } from '@dkron/runtime';
import type { OutputChunk, OutputListener } from '@dkron/scheduler';

const WAIT_MS = 100;
const WATCHED_MAX = 50;
/** As much as is kept of an ended one. */
const TAIL_BYTES_MAX = 256_000;

interface Engine {
  watchOutput(id: ExecutionId, listener: OutputListener): () => void;
}

/**
 * What running executions have printed so far, asked of their nodes. One that has printed nothing, or whose node does
 * not answer within 100 ms, has no entry; beyond 50 none is asked.
 */
export async function liveTails(
  engine: Engine,
  timers: Timers,
  ids: readonly ExecutionId[],
): Promise<ReadonlyMap<ExecutionId, Uint8Array>> {
  const asked = ids.slice(0, WATCHED_MAX);
  const tails = new Map<ExecutionId, Uint8Array>();
  if (asked.length === 0) return tails;
  const answered = Promise.withResolvers<void>();
  const left = new Set(asked);
  const hear = (id: ExecutionId): void => {
    if (left.delete(id) && left.size === 0) answered.resolve();
  };
  const stops = asked.map((id) =>
    engine.watchOutput(id, {
      chunk: (chunk) => {
        tails.set(id, joined(tails.get(id), chunk));
        hear(id);
      },
      ended: () => hear(id),
    }),
  );
  const cancel = timers.after(WAIT_MS, () => answered.resolve());
  await answered.promise;
  cancel();
  for (const stop of stops) stop();
  return tails;
}

function joined(before: Uint8Array = new Uint8Array(), { bytes }: OutputChunk): Uint8Array {
  const all = Buffer.concat([before, bytes]);
  return all.subarray(Math.max(0, all.length - TAIL_BYTES_MAX));
}
