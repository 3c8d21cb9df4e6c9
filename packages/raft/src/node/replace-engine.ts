import type { Engine } from './engine.ts';
import { asError, failed, stopped } from './errors.ts';

/**
 * Retires an engine and does what puts another in its place. The node ends if that fails: it would stand there with none.
 * @throws RaftError `failed`, or `stopped` if the node was stopped meanwhile
 */
export async function replaceEngine(engine: Engine, work: () => Promise<void>): Promise<void> {
  engine.retire(stopped());
  try {
    await work();
  } catch (thrown) {
    const error = asError(thrown);
    const { code } = error as { readonly code?: unknown };
    if (code === 'stopped' || code === 'log_closed') throw stopped();
    engine.died(error);
    throw failed(error);
  }
}
