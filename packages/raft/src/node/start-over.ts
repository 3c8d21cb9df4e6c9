import type { LogState } from '../storage/ports.ts';
import type { EngineContext } from './engine-context.ts';
import type { Engine } from './engine.ts';
import { replaceEngine } from './replace-engine.ts';

/**
 * The leader contradicts what a recovery by force made count: everything is given up but identity, term and vote, and
 * `run` begins anew, as a server that the leader sends a snapshot.
 */
export async function startOver(
  engine: Engine,
  context: EngineContext,
  run: (state: LogState) => Promise<void>,
): Promise<void> {
  const { modules, marks } = context;
  if (!engine.running) return;
  modules.logger.warn('raft recovery by force is contradicted by the leader: its snapshot takes the place of all');
  await replaceEngine(engine, async () => {
    await engine.applyLane.drain();
    await engine.snapshotter.settled();
    await run(await marks.discard(modules));
  });
}
