import type { Clock, Logger } from '@dkron/runtime';
import type { ReplicatedLog } from '@dkron/scheduler';
import { StampSource } from '@dkron/scheduler';
import type { Store } from '@dkron/store';
import type { ServerOptions } from './options.ts';

export interface ClusterSettings {
  /** Zone of jobs without one, the same on every server. */
  readonly defaultTimezone: string;
}

interface Modules {
  readonly store: Store;
  readonly log: ReplicatedLog;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Reads the cluster's settings; what is not stored yet, or is asked for anew, is stored first. */
export async function settle(options: ServerOptions, modules: Modules): Promise<ClusterSettings> {
  const stamps = new StampSource(modules.clock, modules.store);
  const put = async (key: string, value: string): Promise<string> => {
    await modules.log.propose({ type: 'putSetting', stamp: stamps.next(), key, value });
    return value;
  };
  return {
    defaultTimezone: await settleZone(options.defaultTimezone, modules, put),
  };
}

/** G-S13: one zone for the cluster. An explicit wish replaces the stored one; the first server's own is the fallback. */
async function settleZone(
  wanted: string,
  { store, logger }: Modules,
  put: (key: string, value: string) => Promise<string>,
): Promise<string> {
  const key = 'default-timezone';
  const stored = store.getSetting(key);
  const local = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (stored !== undefined && wanted === '' && stored !== local) {
    logger.warn('settings: this machine is in another zone than the cluster', { cluster: stored, machine: local });
  }
  const value = wanted || stored || local;
  return value === stored ? value : put(key, value);
}
