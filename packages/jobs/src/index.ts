/**
 * Job and Execution as data; every rule about them as pure functions; the commands of the replicated log and the
 * messages between leader and workers. No I/O, no clock, no chance.
 */
export type {
  Catchup,
  Concurrency,
  DstGap,
  DstOverlap,
  JobDefinition,
  JobName,
  JobState,
  JobStatus,
  NodeName,
  StoredJob,
  StringMap,
  SubmittedState,
} from './job.ts';
export type {
  Due,
  DueKind,
  EndReason,
  Execution,
  ExecutionId,
  ExecutionOutput,
  ExecutionState,
  Group,
  Run,
  RunTarget,
  Trigger,
} from './execution.ts';
export { OUTPUT_HEAD_BYTES_MAX, OUTPUT_TAIL_BYTES_MAX } from './execution.ts';
export type { Decision, LedgerDecision, LedgerEntry, MissReason, SkipReason } from './ledger.ts';
export { TICK_COUNT_MAX } from './ledger.ts';
export {
  CATCHUPS,
  DECISIONS,
  DST_GAPS,
  DST_OVERLAPS,
  END_REASONS,
  EXECUTION_STATES,
  LEDGER_DECISIONS,
  LEDGER_REASONS,
  MISS_REASONS,
  NOTICE_CHANNELS,
  NOTICE_EVENTS,
  SKIP_REASONS,
  TRIGGERS,
} from './words.ts';
export type {
  ApplyEvent,
  Command,
  CommandResult,
  CommandResults,
  DecideTicks,
  DeleteExecutions,
  DeleteJob,
  ExecutionUpdate,
  ExecutionUpdates,
  JobPlan,
  PassedTicks,
  Precondition,
  PutJob,
  PutSetting,
  Refusal,
  RefusalCode,
  RunStart,
  SetPause,
  SettleNotices,
  SlotHold,
  Stamp,
  StartRuns,
  Target,
  TickDecision,
  ToggleJob,
} from './command.ts';
export {
  channelsOf,
  idempotencyKeyOf,
  NOTICE_BYTES_PER_CHANNEL_MAX,
  NOTICES_PER_CHANNEL_MAX,
  tellsOutput,
} from './notice.ts';
export type { Notice, NoticeChannel, NoticeEvent, NoticeOutcome } from './notice.ts';
export type { Member, MemberStatus } from './member.ts';
export type {
  Dispatch,
  FinishedReport,
  HelloItem,
  SessionChannel,
  SessionReceiver,
  ToServer,
  ToWorker,
  Verdict,
} from './session.ts';
export { NO_JOURNAL } from './session.ts';
export { comingTick } from './coming-tick.ts';
export { decideStart } from './decide-start.ts';
export type { StartDecision, StartQuestion } from './decide-start.ts';
export { definitionEquals, sharedDefinition } from './definition-equals.ts';
export { jobStatusOf } from './job-status.ts';
export { parentCycle } from './parent-cycle.ts';
export { retryDelayMs, wantsRetry } from './retry.ts';
export { matchesTags, selectTargets } from './select-targets.ts';
export { validateJob } from './validate-job.ts';
export { MemorySizeError, parseMemorySize } from './memory-size.ts';
export { JobInvalidError } from './problem.ts';
export type { Problem, ProblemCode } from './problem.ts';
export { backupOrder, parseBackup } from './backup.ts';
export type { BackupJob } from './backup.ts';
export { newDefinition } from './new-definition.ts';
export { parseJobJson, parseJobNode } from './parse-job.ts';
export type { ParsedJob } from './parse-job.ts';
export { echoJobJson } from './submission.ts';
export { echoJobBytes } from './echo-bytes.ts';
export type { JobSubmission } from './submission.ts';
export type { SubmittedTime } from './go-time.ts';
export type { MapValue } from './field-reader.ts';
export { ADDITIVE_DEFAULTS, jobToJson, jobValue } from './job-json.ts';
export type { JobJsonOptions } from './job-json.ts';
export { executionToJson, executionValue } from './execution-json.ts';
export type { ExecutionJsonOptions } from './execution-json.ts';
export { ledgerEntryToJson, ledgerEntryValue } from './ledger-json.ts';
export { memberToJson, memberValue } from './member-json.ts';
export type { MemberJsonOptions } from './member-json.ts';
export { compareUtf8, goJsonString, ordered, sortedMap, writeGoJson } from './go-json.ts';
export type { GoJson, GoObject, WriteOptions } from './go-json.ts';
export { JSON_DEPTH_MAX, JsonSyntaxError, readJson, readJsonItems } from './json-reader.ts';
export type { JsonNode, ReadJsonOptions } from './json-reader.ts';
export { decodeUtf8, encodeUtf8 } from './utf8.ts';
