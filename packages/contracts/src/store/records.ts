import type { Due, Execution, JobState, LedgerEntry, Notice, Run, RunTarget } from '@dkron/jobs';
import {
  byHand,
  putFixed,
  putFlag,
  putInstant,
  putMessages,
  putNullableInstant,
  putText,
  putTexts,
  putWhole,
} from '../wire/direct.ts';
import { implicit, list, nullable, required } from '../wire/field.ts';
import { instantField, nullableInstant } from '../wire/instant.ts';
import { fixed, flag, signed, signed64, text, whole } from '../wire/kind.ts';
import { message, sub, type Message } from '../wire/message.ts';
import { endReason } from '../model/execution.ts';
import {
  dueKind,
  executionState,
  ledgerDecision,
  ledgerReasonOrNone,
  noticeChannel,
  noticeEvent,
  targetState,
  trigger,
} from './enums.ts';

export const jobState: Message<JobState> = byHand(
  message('JobState', {
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
  }),
  (writer, value) => {
    putWhole(writer, 8, value.version);
    putWhole(writer, 16, value.revision);
    if (value.successCount !== 0) {
      writer.varint(24);
      signed64.write(writer, value.successCount);
    }
    if (value.errorCount !== 0) {
      writer.varint(32);
      signed64.write(writer, value.errorCount);
    }
    putNullableInstant(writer, 42, value.lastSuccess);
    putNullableInstant(writer, 50, value.lastError);
    putText(writer, 58, value.status);
    putInstant(writer, 66, value.next);
    putNullableInstant(writer, 74, value.nextTick);
    putInstant(writer, 82, value.decidedUpTo);
    putInstant(writer, 90, value.anchor);
    putTexts(writer, 98, value.dependentJobs);
    putText(writer, 106, value.problem);
  },
);

/** An execution as it is stored. */
export const execution: Message<Execution> = byHand(
  message('Execution', {
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
  }),
  (writer, value) => {
    putText(writer, 10, value.id);
    putFixed(writer, 17, value.stamp);
    putText(writer, 26, value.jobName);
    putFixed(writer, 33, value.group);
    putText(writer, 42, value.nodeName);
    putWhole(writer, 48, value.attempt);
    writer.varint(56);
    executionState.write(writer, value.state);
    writer.varint(64);
    trigger.write(writer, value.trigger);
    putNullableInstant(writer, 74, value.tick);
    if (value.reason !== null) {
      writer.varint(80);
      endReason.write(writer, value.reason);
    }
    if (value.exitCode !== null) {
      writer.varint(88);
      signed.write(writer, value.exitCode);
    }
    putInstant(writer, 98, value.startedAt);
    putInstant(writer, 106, value.finishedAt);
    putFlag(writer, 112, value.cancelRequested);
  },
);

const runTarget: Message<RunTarget> = byHand(
  message('RunTarget', {
    nodeName: implicit(1, text, ''),
    executionId: implicit(2, text, ''),
    attempt: implicit(3, whole, 0),
    state: required(4, targetState),
  }),
  (writer, value) => {
    putText(writer, 10, value.nodeName);
    putText(writer, 18, value.executionId);
    putWhole(writer, 24, value.attempt);
    writer.varint(32);
    targetState.write(writer, value.state);
  },
);

export const run: Message<Run> = byHand(
  message('Run', {
    jobName: implicit(1, text, ''),
    group: implicit(2, fixed, 0n),
    rootGroup: implicit(3, fixed, 0n),
    trigger: required(4, trigger),
    tick: nullableInstant(5),
    decidedAt: instantField(6),
    targets: list(7, sub(runTarget)),
    open: implicit(8, flag, false),
  }),
  (writer, value) => {
    putText(writer, 10, value.jobName);
    putFixed(writer, 17, value.group);
    putFixed(writer, 25, value.rootGroup);
    writer.varint(32);
    trigger.write(writer, value.trigger);
    putNullableInstant(writer, 42, value.tick);
    putInstant(writer, 50, value.decidedAt);
    putMessages(writer, 58, value.targets, runTarget);
    putFlag(writer, 64, value.open);
  },
);

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

export const notice: Message<Notice> = message('Notice', {
  id: implicit(1, fixed, 0n),
  channel: required(2, noticeChannel),
  event: required(3, noticeEvent),
  execution: required(4, sub(execution)),
  recipient: implicit(5, text, ''),
  awaits: implicit(6, fixed, 0n),
  outputBytes: implicit(7, whole, 0),
  attempts: implicit(8, whole, 0),
  dueAt: instantField(9),
  lengthMs: implicit(10, whole, 0),
});

export const ledgerEntry: Message<LedgerEntry> = byHand(
  message('LedgerEntry', {
    jobName: implicit(1, text, ''),
    tick: instantField(2),
    lastTick: instantField(3),
    count: implicit(4, whole, 0),
    decision: required(5, ledgerDecision),
    reason: implicit(6, ledgerReasonOrNone, ''),
    trigger: required(7, trigger),
    decidedAt: instantField(8),
    group: nullable(9, fixed),
    executions: list(10, text),
  }),
  (writer, value) => {
    putText(writer, 10, value.jobName);
    putInstant(writer, 18, value.tick);
    putInstant(writer, 26, value.lastTick);
    putWhole(writer, 32, value.count);
    writer.varint(40);
    ledgerDecision.write(writer, value.decision);
    if (value.reason !== '') {
      writer.varint(48);
      ledgerReasonOrNone.write(writer, value.reason);
    }
    writer.varint(56);
    trigger.write(writer, value.trigger);
    putInstant(writer, 66, value.decidedAt);
    if (value.group !== null) {
      writer.varint(73);
      fixed.write(writer, value.group);
    }
    putTexts(writer, 82, value.executions);
  },
);
