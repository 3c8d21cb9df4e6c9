/**
 * What executors are made of, for the ones here and for yours: configuration as a schema, an attempt with its limits, a
 * pool of connections, and packages that are loaded when they are first used.
 */
import * as field from './fields.ts';

export type { AttemptLimits, LimitedAttempt } from './limited-attempt.ts';
export { AttemptError, limitedAttempt } from './limited-attempt.ts';
export type { AttemptKind, ConfiguredAttempt } from './configured-attempt.ts';
export { configuredAttempt } from './configured-attempt.ts';
export type { ConfigProblem, ConfigSchema } from './config-schema.ts';
export { checkConfig, secretsOf, warnOfUnknownKeys } from './config-schema.ts';
export { field };
export type { ConnectionPoolOptions, ConnectionSource, Lease } from './connection-pool.ts';
export { ConnectionPool } from './connection-pool.ts';
export { SocketScope } from './socket-scope.ts';
export { digestOf } from './digest.ts';
export type { TlsMaterial } from './tls-files.ts';
export { readTlsFiles } from './tls-files.ts';
export { isSet, readHeaders, secondsToMs } from './values.ts';
export { MissingPackageError, peerPackage } from './peer-package.ts';
