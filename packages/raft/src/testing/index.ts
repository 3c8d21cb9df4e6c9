/** Simulator and checkers. */
export { SimDisk } from './sim-disk.ts';
export type { Completion, DiskCall, DiskFault, PendingCall, SimDiskModules, SimDiskOptions } from './sim-disk.ts';
export { DiskLatency } from './disk-latency.ts';
export type { DiskLatencyOptions } from './disk-latency.ts';
export type { CrashMode } from './sim-file.ts';
export type { SuiteFunctions } from './suite.ts';
export { logStorageSuite } from './log-storage-suite.ts';
export type { LogPlace } from './log-storage-suite.ts';
export { snapshotStorageSuite } from './snapshot-storage-suite.ts';
export type { SnapshotPlace } from './snapshot-storage-suite.ts';
export type { NetworkOptions } from './network.ts';
export { Network, serverIds } from './network.ts';
export type { TestServerOptions } from './server.ts';
export { storageWithTerms, TestServer } from './server.ts';
export { runScript } from './script/run-script.ts';
export { transportSuite } from './transport-suite.ts';
export type { TransportPlace } from './transport-place.ts';
export { TransportPeer } from './transport-peer.ts';
