/**
 * Consensus as a pure state machine (Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm", and
 * Ongaro's dissertation, 2014). It does no I/O and has no clock: the caller feeds messages and ticks into a
 * {@link RaftCore} and does what each {@link Ready} says: write, send, apply.
 *
 * The shape is that of etcd's raw node. `quorum`, `tracker` and `confchange` stand alone and work on plain data.
 *
 * It is not a database, not a transport and not a log: see the driver in `@dkron/raft` and `@dkron/raft/storage`.
 */
export type { ConfState, Entry, HardState, NodeId, SnapshotMeta } from './types.ts';
export { EntryType } from './types.ts';
export type { CompareIds } from './ids.ts';
export { APPEND_THREAD, APPLY_THREAD, compareCodeUnits, NONE } from './ids.ts';

export type { LocalMessageType, MessageType, PeerMessageType } from './message.ts';
export {
  createMessage,
  hardStateOf,
  isLocalMessage,
  isResponseMessage,
  Message,
  PEER_MESSAGE_TYPES,
} from './message.ts';

export type { CoreModules, CoreOptions, ReadOnlyMode } from './raft/options.ts';
export type { Proposed } from './raft/proposals.ts';
export type { Ready, SoftState } from './raft/ready.ts';
export type { ReadRequest, ReadState, Role } from './raft/state.ts';
export type { BasicStatus, ConfigView, Status } from './raft/status.ts';
export type { StepResult } from './raft/step-result.ts';
export { RaftCore } from './raft/raft-core.ts';

export type { ConfChangeRefusal, DropReason, TraceEvent, TraceKind, TraceLevel, TraceSink } from './events.ts';
export { traceLevel } from './events.ts';

export type { EntriesResult, InitialState, LogView } from './log/log-view.ts';
export { COMPACTED, PENDING } from './log/log-view.ts';
export type { LogErrorCode } from './log/errors.ts';
export { LogError } from './log/errors.ts';
export type { EntryId, LogState } from './log/raft-log.ts';
export { RaftLog } from './log/raft-log.ts';
export type { LogWindowOptions } from './log/log-window.ts';
export { LogWindow } from './log/log-window.ts';
export { MemoryStorage } from './log/memory-storage.ts';
export type { TermRun } from './log/term-runs.ts';
export { TermRuns } from './log/term-runs.ts';
export { entriesSize, entrySize, limitSize, payloadsSize } from './log/entries.ts';

export type { AckedIndex, VoteResult } from './quorum/vote-result.ts';
export { INFINITE_INDEX } from './quorum/vote-result.ts';
export { JointConfig } from './quorum/joint.ts';
export { MajorityConfig } from './quorum/majority.ts';

export type { TrackerConfig } from './tracker/config.ts';
export { confStateOf, describeConfig, emptyConfig } from './tracker/config.ts';
export { Inflights } from './tracker/inflights.ts';
export type { InflightLimits, ProgressState } from './tracker/progress.ts';
export { Progress } from './tracker/progress.ts';
export type { ProgressMap, Tally } from './tracker/progress-tracker.ts';
export { ProgressTracker } from './tracker/progress-tracker.ts';
export type { ProgressView } from './tracker/view.ts';
export { describeProgress, viewProgress } from './tracker/view.ts';

export type { ChangeResult, ChangerOptions } from './confchange/changer.ts';
export { Changer } from './confchange/changer.ts';
export { decodeConfChange, encodeConfChange } from './confchange/codec.ts';
export type { ConfChange, ConfChangeKind, ConfChangeStep, ConfChangeTransition } from './confchange/conf-change.ts';
export {
  describeConfChange,
  entersJoint,
  entryTypeOf,
  LEAVE_JOINT,
  leavesJoint,
  memberChange,
  parseConfChange,
  simpleChange,
} from './confchange/conf-change.ts';
export { confStatesEqual, confStateWith, EMPTY_CONF_STATE } from './confchange/conf-state.ts';
export type { ConfChangeErrorCode } from './confchange/errors.ts';
export { ConfChangeError } from './confchange/errors.ts';
export { restore } from './confchange/restore.ts';
