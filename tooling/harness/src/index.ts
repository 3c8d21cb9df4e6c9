/** Real nodes as processes, on free ports of this machine or in network namespaces of their own. */
export type { ServerProcessOptions } from './server-process.ts';
export { ServerProcess } from './server-process.ts';
export { freePort } from './ports.ts';
export type { Addresses, CliRun, ClusterOptions } from './cluster.ts';
export { ProcessCluster, runCli } from './cluster.ts';
export type { NodeNetwork, Place } from './network.ts';
export { loopbackNetwork } from './network.ts';
export { namespacesIfPermitted } from './namespaces.ts';
export { firstDecision, leaderNow, statusOf, until, untilLed } from './watch.ts';
export { accepts, PeerProcess, untilReady } from './peer-process.ts';
export { notRun, runPeerTests } from './peer-tests.ts';
