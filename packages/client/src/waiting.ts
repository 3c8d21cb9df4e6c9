const DELAY_MS_MAX = 10_000;

/** Wait before try number `attempt` (from 0): doubles, at most 10 s, less a random part of up to a half. */
export function delayOf(firstMs: number, attempt: number): number {
  const whole = Math.min(DELAY_MS_MAX, firstMs * 2 ** Math.min(attempt, 30));
  return whole * (1 - Math.random() / 2);
}

/** @throws the reason of the signal once it is aborted */
export function pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, delayMs);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
  });
}
