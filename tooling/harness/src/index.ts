/** Real server processes on free ports of this machine. */
export type { ServerProcessOptions } from './server-process.ts';
export { freePort, ServerProcess } from './server-process.ts';
export type { Addresses, CliRun, ClusterOptions } from './cluster.ts';
export { ProcessCluster, runCli } from './cluster.ts';
