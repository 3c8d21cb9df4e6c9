/** Simulator and checkers. */
export { SimDisk } from './sim-disk.ts';
export type { Completion, DiskCall, DiskFault, PendingCall } from './disk-calls.ts';
export type { SimDiskModules, SimDiskOptions } from './sim-disk.ts';
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

// Simulation of whole clusters.
export { drawPlan } from './sim/draw-plan.ts';
export type { PlanLimits } from './sim/draw-plan.ts';
export type { ClientPlan, DiskPlan, NetworkPlan, PartitionShape, Plan, ScriptEvent, ScriptKind } from './sim/plan.ts';
export { UNITS_PER_TICK } from './sim/plan.ts';
export { simulate } from './sim/simulate.ts';
export type { SimulationFailure, SimulationOptions, SimulationResult } from './sim/simulate.ts';
export { ALL_MARKS } from './sim/marks.ts';
export { ddmin } from './shrink/ddmin.ts';
export { shrinkPlan } from './shrink/shrink-plan.ts';
export type { RunPlan, ShrunkPlan } from './shrink/shrink-plan.ts';
export { planFromText, planToText } from './shrink/plan-file.ts';

// Simulation of whole nodes, with their logs and snapshots.
export { drawDriverPlan } from './driver/driver-plan.ts';
export type { DriverCrash, DriverEvent, DriverPartition, DriverPlan, DriverPlanLimits } from './driver/driver-plan.ts';
export { simulateDriver } from './driver/simulate-driver.ts';
export type { DriverOptions, DriverResult } from './driver/simulate-driver.ts';

// What simulations of more than raft are made of.
export { ProcessTime, TURN_MS, VirtualTime } from './driver/virtual-time.ts';
export { GatedTransport } from './driver/gated-transport.ts';
export { TraceHash } from './sim/trace-hash.ts';

// Invariants and histories.
export { allCheckers } from './check/all-checkers.ts';
export type { Checker, DurableView, FinalView, IdleView, PeerView, ServerView } from './check/checker.ts';
export { Violation } from './check/violation.ts';
export type { ViolationDetails } from './check/violation.ts';
export { checkLinearizable } from './linearize/check-linearizable.ts';
export type { LinearizabilityOptions, LinearizabilityResult, Verdict } from './linearize/check-linearizable.ts';
export type { Model, Operation } from './linearize/model.ts';
export type { RegisterInput, RegisterOutput } from './linearize/register-model.ts';
export { registerModel } from './linearize/register-model.ts';

// Defects that the simulators must find.
export { CORE_MUTATIONS } from './mutations/core-mutations.ts';
export { DRIVER_MUTATIONS } from './mutations/driver-mutations.ts';
export { mutate } from './mutations/mutation.ts';
export type { Mutation } from './mutations/mutation.ts';
