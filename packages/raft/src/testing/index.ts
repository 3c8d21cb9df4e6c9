/** Simulator and checkers. */
export { SimDisk } from './sim-disk.ts';
export type { Completion, DiskCall, DiskFault, PendingCall, SimDiskModules, SimDiskOptions } from './sim-disk.ts';
export type { CrashMode } from './sim-file.ts';
