import type { LogState } from '../storage/ports.ts';
import type { EngineContext } from './engine-context.ts';
import type { Engine } from './engine.ts';
import { asError, stopped } from './errors.ts';

/**
 * The leader contradicts what a recovery by force made count: everything is given up but identity, term and vote, and
 * `run` begins anew, as a server that the leader sends a snapshot.
 */
export async function startOver(
  engine: Engine,
  context: EngineContext,
  run: (state: LogState) => Promise<void>,
): Promise<void> {
  const { modules, marks, emitter, onFatal } = context;
  if (!engine.running) return;
  modules.logger.warn('raft recovery by force is contradicted by the leader: its snapshot takes the place of all');
  engine.retire(stopped());
  try {
    await engine.applyLane.drain();
    await engine.snapshotter.settled();
    await run(await marks.discard(modules));
  } catch (thrown) {
    const error = asError(thrown);
    modules.logger.error('raft node failed; restart the process', { error: error.message });
    emitter.emit('fatal', { error });
    onFatal(error);
  }
}
