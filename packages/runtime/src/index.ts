/**
 * The only door to anything ambient: time, chance, logs, metrics. Packages take these as arguments, so a test or a
 * simulator decides what time it is. Real implementations: `@dkron/runtime/system`; controllable ones:
 * `@dkron/runtime/testing`.
 */
export { assert, assertNever, AssertionError } from './assert.ts';
export { Backoff, scatter } from './backoff.ts';
export type { BackoffOptions } from './backoff.ts';
export { concatBytes } from './bytes.ts';
export { DkronError, messageOf } from './errors.ts';
export type { Cancel, Clock, EpochNanos, Timers } from './time.ts';
export { NANOS_PER_MILLISECOND, NANOS_PER_SECOND, ZERO_TIME } from './time.ts';
export type { Random } from './random.ts';
export type { Fields, Logger, LogLevel } from './logger.ts';
export { silentLogger } from './logger.ts';
export type { Counter, Gauge, Histogram, Labels, Metrics } from './metrics.ts';
export { noMetrics } from './metrics.ts';
export { certificateNames } from './certificate-names.ts';
export type { NamedCertificate } from './certificate-names.ts';
export { percentDecoded } from './percent-decoded.ts';
export { REDACTED, withoutCredentials } from './redact.ts';
export { rpcCodeName } from './rpc-codes.ts';
