import type { Timers } from '@dkron/runtime';
import { causeText } from '../errors.ts';
import type { LifeCycle, Running } from './life-cycle.ts';
import type { PluginSession } from './session.ts';

const EXIT_WAIT_MS = 1_000;

/**
 * How a plugin ended whose connection broke under a call: the end of the process says more than that. Undefined when it
 * has not ended.
 */
export async function exitDuringRun<S extends PluginSession>(
  id: string,
  { process }: Running<S>,
  lifeCycle: LifeCycle<S>,
  timers: Timers,
): Promise<string | undefined> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const cancel = timers.after(EXIT_WAIT_MS, () => resolve(undefined));
  void process.exited.then(resolve);
  const exit = await promise;
  cancel();
  if (exit === undefined) return undefined;
  if (lifeCycle.recycledFor) return causeText(lifeCycle.recycledFor);
  const words = process.lastWords === '' ? '' : `; it said: ${process.lastWords}`;
  return `plugin ${id} has exited during the run: ${exit}${words}`;
}
