import { systemClock } from './clock.ts';

/**
 * A signal that comes this soon after the first is the same one: whoever signals a group of processes reaches this one
 * directly, and again through a parent that passes on what it gets.
 */
const ECHO_MS = 1_000;

type StopSignal = 'SIGINT' | 'SIGTERM';

export interface StopSignalActions {
  /** Ends in order. */
  readonly stop: (signal: StopSignal) => void;
  /** Ends at once: a signal came more than a second after the first, for each one that does. */
  readonly end: (signal: StopSignal) => void;
}

/** Takes SIGINT and SIGTERM over from Node. @returns gives them back */
export function onStopSignals({ stop, end }: StopSignalActions, clock = systemClock): () => void {
  let firstMs: number | undefined;
  const onSignal = (signal: StopSignal): void => {
    const nowMs = clock.monotonicMs();
    if (firstMs === undefined) {
      firstMs = nowMs;
      stop(signal);
    } else if (nowMs - firstMs > ECHO_MS) {
      end(signal);
    }
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
}
