/** The Serf layer: who means to be there, with which tags; events and queries. A pure state machine, see {@link Serf}. */
export type { JoinOptions } from './serf.ts';
export { Serf } from './serf.ts';
export type { KeyCommandInfo, SerfModules } from './context.ts';
export type {
  ConflictVoteEvent,
  IncomingQuery,
  JoinedEvent,
  KeyringChangedEvent,
  KeyResultEvent,
  LeftEvent,
  MemberChange,
  JoinedAnewEvent,
  MemberChangeEvent,
  MembersEvent,
  QueryAckEvent,
  QueryAnswerEvent,
  QueryFinishedEvent,
  RejoinEvent,
  SerfEffect,
  SerfEvent,
  SerfNotice,
  SerfPushPullEffect,
  SnapshotEffect,
  TagsToldEvent,
  UserEvent,
} from './effects.ts';
export type { SerfErrorCode } from './errors.ts';
export { SerfError } from './errors.ts';
export { PING_QUERY } from './internal-queries.ts';
export type { SerfOptions, SerfTuning, SnapshotOptions } from './options.ts';
export { resolveSerfTuning, SERF_DEFAULTS, USER_EVENT_MAX_BYTES } from './options.ts';
export type { QueryParams } from './own-queries.ts';
export type { SnapshotState } from './snapshot-log.ts';
export { readSnapshot } from './snapshot-log.ts';
