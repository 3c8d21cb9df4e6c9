/** Servers and ways between them inside one process, for tests and simulators. */
export type { MemoryListener, Reachability } from './memory-network.ts';
export { MemoryNetwork } from './memory-network.ts';
