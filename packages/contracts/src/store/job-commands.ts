import type {
  DeleteExecutions,
  DeleteJob,
  JobPlan,
  PassedTicks,
  Precondition,
  PutJob,
  SubmittedState,
  ToggleJob,
} from '@dkron/jobs';
import { ContractError } from '../errors.ts';
import { byHand, putFixed, putInstant, putMessage, putNullableInstant, putText, putWhole } from '../wire/direct.ts';
import { implicit, list, nullable, required, type Field } from '../wire/field.ts';
import { instantField, nullableInstant } from '../wire/instant.ts';
import { fixed, flag, signed64, text, whole, type Kind } from '../wire/kind.ts';
import { message, sub, type Message } from '../wire/message.ts';
import { jobDefinition } from '../model/definition.ts';
import { tickReason } from './enums.ts';

/** A command without its discriminator. */
export type Body<C extends { readonly type: string }> = Omit<C, 'type'>;

interface WirePrecondition {
  readonly version: number | null;
  readonly absent: boolean | null;
}

const wirePrecondition = sub(
  message<WirePrecondition>('Precondition', { version: nullable(1, whole), absent: nullable(2, flag) }),
);

const preconditionKind: Kind<Exclude<Precondition, null>> = {
  wireType: wirePrecondition.wireType,
  write(writer, value) {
    wirePrecondition.write(
      writer,
      value === 'absent' ? { version: null, absent: true } : { version: value.version, absent: null },
    );
  },
  read(reader) {
    const { version, absent } = wirePrecondition.read(reader);
    if (version !== null && absent === null) return { version };
    if (version === null && absent === true) return 'absent';
    throw new ContractError('Precondition needs either a version or absent = true');
  },
};
const precondition = (number: number): Field<Precondition> => nullable(number, preconditionKind);

const passedTicks: Message<PassedTicks> = message('PassedTicks', {
  reason: required(1, tickReason),
  tick: instantField(2),
  lastTick: instantField(3),
  count: implicit(4, whole, 0),
});

const passed = nullable(5, sub(passedTicks));

const jobPlan: Message<JobPlan> = byHand(
  message('JobPlan', {
    next: instantField(1),
    nextTick: nullableInstant(2),
    decidedUpTo: instantField(3),
    anchor: instantField(4),
    passed,
    problem: implicit(6, text, ''),
  }),
  (writer, value) => {
    putInstant(writer, 10, value.next);
    putNullableInstant(writer, 18, value.nextTick);
    putInstant(writer, 26, value.decidedUpTo);
    putInstant(writer, 34, value.anchor);
    passed.write(writer, value.passed);
    putText(writer, 50, value.problem);
  },
);

const wireNames = sub(message<{ readonly names: readonly string[] }>('NameList', { names: list(1, text) }));
const names: Kind<readonly string[]> = {
  wireType: wireNames.wireType,
  write: (writer, value) => wireNames.write(writer, { names: value }),
  read: (reader) => wireNames.read(reader).names,
};

const successCount = implicit(1, signed64, 0);
const errorCount = implicit(2, signed64, 0);
const dependentJobs = nullable(7, names);

const submittedState: Message<SubmittedState> = byHand(
  message('SubmittedState', {
    successCount,
    errorCount,
    lastSuccess: nullableInstant(3),
    lastError: nullableInstant(4),
    status: implicit(5, text, ''),
    next: instantField(6),
    dependentJobs,
  }),
  (writer, value) => {
    successCount.write(writer, value.successCount);
    errorCount.write(writer, value.errorCount);
    putNullableInstant(writer, 26, value.lastSuccess);
    putNullableInstant(writer, 34, value.lastError);
    putText(writer, 42, value.status);
    putInstant(writer, 50, value.next);
    dependentJobs.write(writer, value.dependentJobs);
  },
);

const putPrecondition = precondition(4);

export const putJob: Message<Body<PutJob>> = byHand(
  message('PutJob', {
    stamp: implicit(1, fixed, 0n),
    definition: required(2, sub(jobDefinition)),
    submitted: required(3, sub(submittedState)),
    precondition: putPrecondition,
    plannedFrom: implicit(5, whole, 0),
    plan: required(6, sub(jobPlan)),
  }),
  (writer, value) => {
    putFixed(writer, 9, value.stamp);
    putMessage(writer, 18, value.definition, jobDefinition);
    putMessage(writer, 26, value.submitted, submittedState);
    putPrecondition.write(writer, value.precondition);
    putWhole(writer, 40, value.plannedFrom);
    putMessage(writer, 50, value.plan, jobPlan);
  },
);

export const deleteJob: Message<Body<DeleteJob>> = message('DeleteJob', {
  stamp: implicit(1, fixed, 0n),
  name: implicit(2, text, ''),
  precondition: precondition(3),
});

export const toggleJob: Message<Body<ToggleJob>> = message('ToggleJob', {
  stamp: implicit(1, fixed, 0n),
  name: implicit(2, text, ''),
  precondition: precondition(3),
  plannedFrom: implicit(4, whole, 0),
  disabled: implicit(5, flag, false),
  plan: required(6, sub(jobPlan)),
});

export const deleteExecutions: Message<Body<DeleteExecutions>> = message('DeleteExecutions', {
  stamp: implicit(1, fixed, 0n),
  name: implicit(2, text, ''),
});
