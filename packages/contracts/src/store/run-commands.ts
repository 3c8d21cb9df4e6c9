import type {
  DecideTicks,
  EndReason,
  ExecutionOutput,
  ExecutionUpdate,
  ExecutionUpdates,
  RunStart,
  StartRuns,
  Target,
  TickDecision,
} from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';
import { endReason, executionOutput } from '../model/execution.ts';
import {
  byHand,
  present,
  putFixed,
  putInstant,
  putMessage,
  putMessages,
  putNullableInstant,
  putText,
  putWhole,
} from '../wire/direct.ts';
import { implicit, list, nullable, required } from '../wire/field.ts';
import { instant, instantField, nullableInstant } from '../wire/instant.ts';
import { choice, fixed, flag, raw, signed, text, whole } from '../wire/kind.ts';
import { message, readMessage, sub, type Message } from '../wire/message.ts';
import type { WireReader } from '../wire/reader.ts';
import { union } from '../wire/union.ts';
import { decision, tickReasonOrNone, trigger } from './enums.ts';
import type { Body } from './job-commands.ts';
import { channelBits } from './notice-commands.ts';

type StartBody<K extends RunStart['kind']> = Omit<Extract<RunStart, { kind: K }>, 'kind'>;
type UpdateBody<K extends ExecutionUpdate['kind']> = Omit<Extract<ExecutionUpdate, { kind: K }>, 'kind'>;
type FinishedState = Extract<ExecutionUpdate, { kind: 'finished' }>['state'];

const target: Message<Target> = byHand(
  message('Target', {
    executionId: implicit(1, text, ''),
    stamp: implicit(2, fixed, 0n),
    nodeName: implicit(3, text, ''),
  }),
  (writer, value) => {
    putText(writer, 10, value.executionId);
    putFixed(writer, 17, value.stamp);
    putText(writer, 26, value.nodeName);
  },
  (reader) => {
    let executionId = '';
    let stamp = 0n;
    let nodeName = '';
    while (reader.more()) {
      const tag = reader.varint();
      if (tag === 10) executionId = reader.string();
      else if (tag === 17) stamp = reader.fixed64();
      else if (tag === 26) nodeName = reader.string();
      else reader.unknown(tag, 'Target');
    }
    return { executionId, stamp, nodeName };
  },
);

const tickDecision: Message<TickDecision> = byHand(
  message('TickDecision', {
    jobName: implicit(1, text, ''),
    version: implicit(2, whole, 0),
    tick: instantField(3),
    lastTick: instantField(4),
    count: implicit(5, whole, 0),
    decision: required(6, decision),
    reason: implicit(7, tickReasonOrNone, ''),
    trigger: required(8, trigger),
    group: implicit(9, fixed, 0n),
    targets: list(10, sub(target)),
    nextTick: nullableInstant(11),
    next: instantField(12),
  }),
  (writer, value) => {
    putText(writer, 10, value.jobName);
    putWhole(writer, 16, value.version);
    putInstant(writer, 26, value.tick);
    putInstant(writer, 34, value.lastTick);
    putWhole(writer, 40, value.count);
    writer.varint(48);
    decision.write(writer, value.decision);
    if (value.reason !== '') {
      writer.varint(56);
      tickReasonOrNone.write(writer, value.reason);
    }
    writer.varint(64);
    trigger.write(writer, value.trigger);
    putFixed(writer, 73, value.group);
    putMessages(writer, 82, value.targets, target);
    putNullableInstant(writer, 90, value.nextTick);
    putInstant(writer, 98, value.next);
  },
  readTickDecision,
);

function readTickDecision(reader: WireReader): TickDecision {
  let jobName = '';
  let version = 0;
  let tick = ZERO_TIME;
  let lastTick = ZERO_TIME;
  let count = 0;
  let decided: TickDecision['decision'] | undefined;
  let reason: TickDecision['reason'] = '';
  let cause: TickDecision['trigger'] | undefined;
  let group = 0n;
  const targets: Target[] = [];
  let nextTick: TickDecision['nextTick'] = null;
  let next = ZERO_TIME;
  while (reader.more()) {
    const tag = reader.varint();
    if (tag === 10) jobName = reader.string();
    else if (tag === 16) version = reader.varint();
    else if (tag === 26) tick = instant.read(reader);
    else if (tag === 34) lastTick = instant.read(reader);
    else if (tag === 40) count = reader.varint();
    else if (tag === 48) decided = decision.read(reader);
    else if (tag === 56) reason = tickReasonOrNone.read(reader);
    else if (tag === 64) cause = trigger.read(reader);
    else if (tag === 73) group = reader.fixed64();
    else if (tag === 82) targets.push(readMessage(reader, target));
    else if (tag === 90) nextTick = instant.read(reader);
    else if (tag === 98) next = instant.read(reader);
    else reader.unknown(tag, 'TickDecision');
  }
  return {
    jobName,
    version,
    tick,
    lastTick,
    count,
    decision: present(decided, 'TickDecision.decision'),
    reason,
    trigger: present(cause, 'TickDecision.trigger'),
    group,
    targets,
    nextTick,
    next,
  };
}

export const decideTicks: Message<Body<DecideTicks>> = message('DecideTicks', {
  stamp: implicit(1, fixed, 0n),
  decisions: list(2, sub(tickDecision)),
});

const requestedStart: Message<Omit<Extract<RunStart, { token: string }>, 'kind'>> = message('RequestedStart', {
  jobName: implicit(1, text, ''),
  group: implicit(2, fixed, 0n),
  targets: list(3, sub(target)),
  respectConcurrency: implicit(4, flag, false),
  token: implicit(5, text, ''),
});

const childStart: Message<StartBody<'child'>> = message('ChildStart', {
  dueId: implicit(1, fixed, 0n),
  jobName: implicit(2, text, ''),
  group: implicit(3, fixed, 0n),
  rootGroup: implicit(4, fixed, 0n),
  targets: list(5, sub(target)),
});

const retryStart: Message<StartBody<'retry'>> = message('RetryStart', {
  dueId: implicit(1, fixed, 0n),
  jobName: implicit(2, text, ''),
  group: implicit(3, fixed, 0n),
  attempt: implicit(4, whole, 0),
  fromNode: implicit(5, text, ''),
  target: required(6, sub(target)),
});

const runStart: Message<RunStart> = union('RunStart', 'kind', {
  manual: [1, requestedStart],
  create: [2, requestedStart],
  child: [3, childStart],
  retry: [4, retryStart],
});

export const startRuns: Message<Body<StartRuns>> = message('StartRuns', {
  stamp: implicit(1, fixed, 0n),
  starts: list(2, sub(runStart)),
});

const startedUpdate: Message<UpdateBody<'started'>> = message('StartedUpdate', {
  id: implicit(1, text, ''),
  attempt: implicit(2, whole, 0),
  at: instantField(3),
});

const finishedState = choice<FinishedState>('finished state', ['success', 'failed', 'lost', 'cancelled']);

const finishedUpdate: Message<UpdateBody<'finished'>> = byHand(
  message('FinishedUpdate', {
    id: implicit(1, text, ''),
    attempt: implicit(2, whole, 0),
    state: required(3, finishedState),
    reason: nullable(4, endReason),
    exitCode: nullable(5, signed),
    startedAt: instantField(6),
    finishedAt: instantField(7),
    output: required(8, sub(executionOutput)),
    slotHoldMs: nullable(9, whole),
  }),
  (writer, value) => {
    putText(writer, 10, value.id);
    putWhole(writer, 16, value.attempt);
    writer.varint(24);
    finishedState.write(writer, value.state);
    if (value.reason !== null) {
      writer.varint(32);
      endReason.write(writer, value.reason);
    }
    if (value.exitCode !== null) {
      writer.varint(40);
      signed.write(writer, value.exitCode);
    }
    putInstant(writer, 50, value.startedAt);
    putInstant(writer, 58, value.finishedAt);
    putMessage(writer, 66, value.output, executionOutput);
    if (value.slotHoldMs !== null) {
      writer.varint(72);
      whole.write(writer, value.slotHoldMs);
    }
  },
  readFinishedUpdate,
);

/** Says which update it is, so that the union around it need not. */
function readFinishedUpdate(reader: WireReader): Extract<ExecutionUpdate, { kind: 'finished' }> {
  let id = '';
  let attempt = 0;
  let state: FinishedState | undefined;
  let reason: EndReason | null = null;
  let exitCode: number | null = null;
  let startedAt = ZERO_TIME;
  let finishedAt = ZERO_TIME;
  let output: ExecutionOutput | undefined;
  let slotHoldMs: number | null = null;
  while (reader.more()) {
    const tag = reader.varint();
    if (tag === 10) id = reader.string();
    else if (tag === 16) attempt = reader.varint();
    else if (tag === 24) state = finishedState.read(reader);
    else if (tag === 32) reason = endReason.read(reader);
    else if (tag === 40) exitCode = signed.read(reader);
    else if (tag === 50) startedAt = instant.read(reader);
    else if (tag === 58) finishedAt = instant.read(reader);
    else if (tag === 66) output = readMessage(reader, executionOutput);
    else if (tag === 72) slotHoldMs = reader.varint();
    else reader.unknown(tag, 'FinishedUpdate');
  }
  return {
    kind: 'finished',
    id,
    attempt,
    state: present(state, 'FinishedUpdate.state'),
    reason,
    exitCode,
    startedAt,
    finishedAt,
    output: present(output, 'FinishedUpdate.output'),
    slotHoldMs,
  };
}

const cancelRequestedUpdate: Message<UpdateBody<'cancelRequested'>> = message('CancelRequestedUpdate', {
  id: implicit(1, text, ''),
  at: instantField(2),
  slotHoldMs: nullable(3, whole),
});

const processedUpdate: Message<UpdateBody<'processed'>> = message('ProcessedUpdate', {
  id: implicit(1, text, ''),
  dueId: implicit(2, fixed, 0n),
  output: nullable(3, raw),
});

const releasedUpdate: Message<UpdateBody<'released'>> = message('ReleasedUpdate', {
  id: implicit(1, text, ''),
  dueId: implicit(2, fixed, 0n),
  confirmed: implicit(3, flag, false),
});

const executionUpdate: Message<ExecutionUpdate> = union('ExecutionUpdate', 'kind', {
  started: [1, startedUpdate],
  finished: [2, finishedUpdate],
  cancelRequested: [3, cancelRequestedUpdate],
  processed: [4, processedUpdate],
  released: [5, releasedUpdate],
});

/** One without `notify` is read back as one that tells nobody. */
export const executionUpdates: Message<Body<ExecutionUpdates>> = message('ExecutionUpdates', {
  stamp: implicit(1, fixed, 0n),
  updates: list(2, sub(executionUpdate)),
  notify: channelBits(3),
});
