/**
 * The leader's engine: when each job is due, what becomes of each tick, which node runs it, and what follows from its
 * result. Works only through ports; everything it must remember is in the replicated state.
 */
export type { Membership, ReplicatedLog, StateView } from './ports.ts';
export { Engine } from './engine.ts';
export type { RunRequest } from './engine.ts';
export { NotLeadingError } from './errors.ts';
export type { EngineModules, EngineOptions, ProcessResult } from './options.ts';
export { Planner } from './planner/planner.ts';
export type { PlannerOptions } from './planner/planner.ts';
export { isRefusal } from './refusal.ts';
export type { OutputChunk, OutputListener } from './sessions/output-watchers.ts';
export type { CancelAnswer } from './sessions/sessions.ts';
export { StampSource } from './stamp-source.ts';
