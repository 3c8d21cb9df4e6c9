import type { Timers } from '@dkron/runtime';

/** Waits for `work`, however it ends, but not longer than this: a disk that hangs must not keep the process. */
export async function atMost(ms: number, work: Promise<void>, timers: Timers): Promise<void> {
  const abort = new AbortController();
  const timeout = timers.sleep(ms, abort.signal).catch(() => {});
  await Promise.race([work.catch(() => {}), timeout]);
  abort.abort();
}
