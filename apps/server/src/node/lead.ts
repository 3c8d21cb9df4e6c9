import { ClockSkew } from '../cluster/clock-skew.ts';
import { LEVEL_SETTING } from '../cluster/feature-level.ts';
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
  const { store, consensus, survey, features } = state;
  const { log, planner, engine, goAgents, sessions, notifier } = work;
  const { logger, registry, unwind } = environment;
  const skew = new ClockSkew({ maxMs: options.maxClockSkew }, { ...environment, survey, raft: consensus.node });
  const raise = (): void => {
    const level = features.next(options.nodeName, (id) => survey.of(id));
    if (level === undefined) return;
    log
      .propose({ type: 'putSetting', stamp: engine.stamps.next(), key: LEVEL_SETTING, value: String(level) })
      .catch((error: unknown) => logger.warn('cluster: the feature level was not raised', { error }));
  };
  survey.onRound(() => {
    if (!engine.running) return;
    raise();
    void skew.handsOver();
  });
  const leadership = new Leadership({
    node: consensus.node,
    logger,
    onGain: async () => {
      if (await skew.handsOver()) return;
      const { defaultTimezone } = await settle(options, { ...environment, store, log });
      planner.schedules.useTimezone(defaultTimezone);
      goAgents.start();
      engine.start();
      notifier.start();
      raise();
      registry?.counter('dkron_scheduler_start', 'Times this node began to schedule').add(1);
      sessions.dialer.wake();
    },
    onLoss: () => {
      goAgents.stop();
      engine.stop();
      notifier.stop();
    },
  });
  unwind.add(() => engine.stop());
  consensus.node.on('leadership', () => sessions.dialer.wake());
  return leadership;
}
