import { Leadership } from '../cluster/leadership.ts';
import type { ServerOptions } from '../options.ts';
import { settle } from '../settings.ts';
import type { ServerCore } from './core.ts';
import type { Environment } from './environment.ts';
import type { Scheduling } from './scheduling.ts';

/** Starts the engine whenever this server leads, and stops it in the turn in which it does not any more. */
export function followLeadership(
  options: ServerOptions,
  { state, work }: { readonly state: ServerCore; readonly work: Scheduling },
  environment: Environment,
): Leadership {
  const { store, consensus } = state;
  const { log, planner, engine, goAgents, sessions } = work;
  const { logger, registry, unwind } = environment;
  const leadership = new Leadership({
    node: consensus.node,
    logger,
    onGain: async () => {
      const { defaultTimezone } = await settle(options, { ...environment, store, log });
      planner.schedules.useTimezone(defaultTimezone);
      goAgents.start();
      engine.start();
      registry?.counter('dkron_scheduler_start', 'Times this node began to schedule').add(1);
      sessions.dialer.wake();
    },
    onLoss: () => {
      goAgents.stop();
      engine.stop();
    },
  });
  unwind.add(() => engine.stop());
  consensus.node.on('leadership', () => sessions.dialer.wake());
  return leadership;
}
