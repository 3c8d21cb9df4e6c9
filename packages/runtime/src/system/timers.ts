import type { Cancel, Timers } from '../time.ts';
import { assert } from '../assert.ts';

const DELAY_MAX_MS = 2 ** 31 - 1;

function after(delayMs: number, fn: () => void): Cancel {
  assert(delayMs >= 0 && delayMs <= DELAY_MAX_MS, `timer delay out of range: ${delayMs} ms`);
  const timer = setTimeout(fn, delayMs);
  return () => clearTimeout(timer);
}

function nextTurn(fn: () => void): Cancel {
  const immediate = setImmediate(fn);
  return () => clearImmediate(immediate);
}

function sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason as Error);
    const cancel = after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    function onAbort(): void {
      cancel();
      reject(signal?.reason as Error);
    }
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The timers of this process. */
export const systemTimers: Timers = { after, nextTurn, sleep };
