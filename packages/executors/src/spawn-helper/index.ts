/** Starts commands through small helper processes, so that a large server never forks itself. POSIX only. */
export type { EndNote, StartedNote } from './messages.ts';
export type { HelperKind } from './program.ts';
export type { RunEvents } from './helper-process.ts';
export type { SpawnedRun, SpawnHelperModules, SpawnHelperOptions, SpawnRequest } from './spawn-helper.ts';
export { SpawnHelper } from './spawn-helper.ts';
export type { SpawnHelperErrorCode } from './errors.ts';
export { SpawnHelperError } from './errors.ts';
