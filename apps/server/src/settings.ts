import type { Logger } from '@dkron/runtime';
import type { ReplicatedLog, StampSource } from '@dkron/scheduler';
import type { Store } from '@dkron/store';

const KEY = 'default-timezone';

/**
 * The cluster's zone for jobs without one (G-S13): the stored value; where none is stored or another is asked for
 * explicitly, that one is stored first. Falls back to this machine's zone.
 */
export async function settleDefaultTimezone(
  wanted: string,
  modules: { store: Store; log: ReplicatedLog; stamps: StampSource; logger: Logger },
): Promise<string> {
  const { store, log, stamps, logger } = modules;
  const stored = store.getSetting(KEY);
  const local = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const value = wanted || stored || local;
  if (stored !== undefined && wanted === '' && stored !== local) {
    logger.warn('settings: this machine is in another zone than the cluster', { cluster: stored, machine: local });
  }
  if (value !== stored) await log.propose({ type: 'putSetting', stamp: stamps.next(), key: KEY, value });
  return value;
}
