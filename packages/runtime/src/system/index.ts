/** The real clock, timers and random source of this machine, its console, and the signals that end a process. */
export { systemClock } from './clock.ts';
export { systemTimers } from './timers.ts';
export { systemRandom } from './random.ts';
export type { ConsoleLoggerOptions } from './console-logger.ts';
export { consoleLogger } from './console-logger.ts';
export type { StopSignalActions } from './stop-signals.ts';
export { onStopSignals } from './stop-signals.ts';
