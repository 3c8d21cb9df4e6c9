/** What servers and agents are both made of: their addresses and their member of the gossip pool. */
export type { HostPort } from './addresses.ts';
export { addressOf, listening, splitHostPort } from './addresses.ts';
export type { PoolAddresses, PoolModules } from './pool.ts';
export { createPool, nameTaken, startPool } from './pool.ts';
export type { StartErrorCode } from './start-error.ts';
export { StartError } from './start-error.ts';
