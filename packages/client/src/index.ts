/**
 * Typed client of a Dkron server's REST API over `fetch`, for programs and browsers: exact 64-bit integers, refusals as
 * errors, safe repetition, several servers, streams of events and of live output. Depends on nothing.
 */
export { DkronClient } from './client.ts';
export type {
  EventsQuery,
  FollowEventsOptions,
  IfMatch,
  JobChanger,
  ReadOptions,
  RouteRequest,
  RunOptions,
  StoreOptions,
} from './call-options.ts';
export type { CallOptions, DkronClientOptions, HeaderSource } from './options.ts';
export { etagOf } from './answers.ts';
export type { Page, RestoredJob } from './answers.ts';
export type { Answer } from './transport.ts';
export { DkronApiError } from './errors.ts';
export type { DkronApiErrorInit, DkronErrorCode } from './errors.ts';
export type { DkronEvent, OutputEvent } from './events.ts';
export type { Execution } from './execution.ts';
export { decodeJson, encodeJson } from './json.ts';
export type { JsonValue } from './json.ts';
export type { AnswerOf, BodyOf, PathOf, QueryOf, Route } from './route.ts';
export type {
  DebugVars,
  DryRun,
  Health,
  Info,
  Job,
  JobChange,
  JobEcho,
  JobInput,
  Leader,
  Member,
  Offer,
  OutputPiece,
  Preview,
  PreviewTick,
  Problem,
  Routes,
  Started,
  Stats,
  Tick,
} from './gen/api.ts';
