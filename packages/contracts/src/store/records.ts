import type { Due, Execution, JobState, LedgerEntry, Run, RunTarget } from '@dkron/jobs';
import { implicit, list, nullable, required } from '../wire/field.ts';
import { instantField, nullableInstant } from '../wire/instant.ts';
import { fixed, flag, signed, signed64, text, whole } from '../wire/kind.ts';
import { message, sub, type Message } from '../wire/message.ts';
import { endReason } from '../model/execution.ts';
import { decision, dueKind, executionState, targetState, tickReasonOrNone, trigger } from './enums.ts';

export const jobState: Message<JobState> = message('JobState', {
  version: implicit(1, whole, 0),
  revision: implicit(2, whole, 0),
  successCount: implicit(3, signed64, 0),
  errorCount: implicit(4, signed64, 0),
  lastSuccess: nullableInstant(5),
  lastError: nullableInstant(6),
  status: implicit(7, text, ''),
  next: instantField(8),
  nextTick: nullableInstant(9),
  decidedUpTo: instantField(10),
  anchor: instantField(11),
  dependentJobs: list(12, text),
  problem: implicit(13, text, ''),
});

export const execution: Message<Execution> = message('Execution', {
  id: implicit(1, text, ''),
  stamp: implicit(2, fixed, 0n),
  jobName: implicit(3, text, ''),
  group: implicit(4, fixed, 0n),
  nodeName: implicit(5, text, ''),
  attempt: implicit(6, whole, 0),
  state: required(7, executionState),
  trigger: required(8, trigger),
  tick: nullableInstant(9),
  reason: nullable(10, endReason),
  exitCode: nullable(11, signed),
  startedAt: instantField(12),
  finishedAt: instantField(13),
  cancelRequested: implicit(14, flag, false),
});

const runTarget: Message<RunTarget> = message('RunTarget', {
  nodeName: implicit(1, text, ''),
  executionId: implicit(2, text, ''),
  attempt: implicit(3, whole, 0),
  state: required(4, targetState),
});

export const run: Message<Run> = message('Run', {
  jobName: implicit(1, text, ''),
  group: implicit(2, fixed, 0n),
  rootGroup: implicit(3, fixed, 0n),
  trigger: required(4, trigger),
  tick: nullableInstant(5),
  decidedAt: instantField(6),
  targets: list(7, sub(runTarget)),
  open: implicit(8, flag, false),
});

export const due: Message<Due> = message('Due', {
  id: implicit(1, fixed, 0n),
  kind: required(2, dueKind),
  jobName: implicit(3, text, ''),
  group: implicit(4, fixed, 0n),
  rootGroup: implicit(5, fixed, 0n),
  executionId: implicit(6, text, ''),
  nodeName: implicit(7, text, ''),
  attempt: implicit(8, whole, 0),
  dueAt: instantField(9),
  lengthMs: implicit(10, whole, 0),
});

export const ledgerEntry: Message<LedgerEntry> = message('LedgerEntry', {
  jobName: implicit(1, text, ''),
  tick: instantField(2),
  lastTick: instantField(3),
  count: implicit(4, whole, 0),
  decision: required(5, decision),
  reason: implicit(6, tickReasonOrNone, ''),
  trigger: required(7, trigger),
  decidedAt: instantField(8),
  group: nullable(9, fixed),
  executions: list(10, text),
});
