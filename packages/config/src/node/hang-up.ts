import type { Logger } from '@dkron/runtime';
import { ConfigError, describeProblem } from '../problem.ts';
import type { Resolved } from '../resolve.ts';
import { SETTING_KEYS } from '../schema/index.ts';

/**
 * Signals that must not end a node. SIGHUP reads the settings again and says which changes wait for the next start;
 * a file that is broken by then changes nothing. SIGUSR1 would open a debugger's port if nobody took it.
 *
 * @returns undoes it
 */
export function onHangUp(logger: Logger, read: () => Promise<Resolved>, running: Resolved): () => void {
  const readAgain = async (): Promise<void> => {
    try {
      const changed = changedKeys(running, await read());
      const fields = changed.length === 0 ? {} : { after_restart: changed.join(' ') };
      logger.info('config: read again', { changed: changed.length, ...fields });
    } catch (error) {
      const reasons = error instanceof ConfigError ? error.problems.map(describeProblem) : [String(error)];
      for (const reason of reasons) logger.error(`config: the settings stay as they are: ${reason}`);
    }
  };
  const again = (): void => void readAgain();
  const onUser = (): void => logger.warn('SIGUSR1: there are no metrics in memory to be written');
  process.on('SIGHUP', again).on('SIGUSR1', onUser);
  return () => void process.off('SIGHUP', again).off('SIGUSR1', onUser);
}

function changedKeys(before: Resolved, now: Resolved): string[] {
  return SETTING_KEYS.filter((key) => JSON.stringify(before.values[key]) !== JSON.stringify(now.values[key]));
}
