import type { Concurrency, JobDefinition, StringMap } from '@dkron/jobs';
import { CATCHUPS, DST_GAPS, DST_OVERLAPS } from '@dkron/jobs';
import { byHand, putFlag, putNullableInstant, putText, putWhole } from '../wire/direct.ts';
import { implicit, map, nullable, required, type Field } from '../wire/field.ts';
import { nullableInstant } from '../wire/instant.ts';
import { choice, flag, text, whole, type Kind } from '../wire/kind.ts';
import { message, sub, type Message } from '../wire/message.ts';
import type { WireWriter } from '../wire/writer.ts';

const stringMap: Message<{ readonly entries: StringMap }> = message('StringMap', {
  entries: map(1, implicit(1, text, ''), implicit(2, text, '')),
});
const wrapped = sub(stringMap);

/** A map inside a message of its own, which tells `{}` from null. */
export const stringMapKind: Kind<StringMap> = {
  wireType: wrapped.wireType,
  write: (writer, entries) => wrapped.write(writer, { entries }),
  read: (reader) => wrapped.read(reader).entries,
};

const concurrency = choice<Concurrency>('concurrency', ['allow', 'forbid']);
const dstGap = choice('dst gap', DST_GAPS);
const dstOverlap = choice('dst overlap', DST_OVERLAPS);
const catchup = choice('catchup', CATCHUPS);

/** The value of a map entry is always written; an absent one is `{}`, as protobuf has it. */
const processor: Field<StringMap> = { ...required(2, stringMapKind), initial: () => ({}) };

const processors = map(12, implicit(1, text, ''), processor);

function putMap(writer: WireWriter, tag: number, value: StringMap | null): void {
  if (value === null) return;
  writer.varint(tag);
  stringMapKind.write(writer, value);
}

function putChoice<T extends string>(writer: WireWriter, tag: number, kind: Kind<T>, value: T, absent: string): void {
  if (value === absent) return;
  writer.varint(tag);
  kind.write(writer, value);
}

/** Message `JobDefinition`. Enums whose usual value is the domain's default are left out for it. */
export const jobDefinition: Message<JobDefinition> = byHand(
  message('JobDefinition', {
    name: implicit(1, text, ''),
    displayName: implicit(2, text, ''),
    timezone: implicit(3, text, ''),
    schedule: implicit(4, text, ''),
    owner: implicit(5, text, ''),
    ownerEmail: implicit(6, text, ''),
    disabled: implicit(7, flag, false),
    tags: nullable(8, stringMapKind),
    metadata: nullable(9, stringMapKind),
    retries: implicit(10, whole, 0),
    parentJob: implicit(11, text, ''),
    processors,
    concurrency: implicit(13, concurrency, ''),
    executor: implicit(14, text, ''),
    executorConfig: nullable(15, stringMapKind),
    ephemeral: implicit(16, flag, false),
    startsAt: nullableInstant(17),
    expiresAt: nullableInstant(18),
    dstGap: implicit(19, dstGap, 'skip'),
    dstOverlap: implicit(20, dstOverlap, 'both'),
    catchup: implicit(21, catchup, 'skip'),
    catchupWindow: implicit(22, text, ''),
    timeout: implicit(23, text, ''),
  }),
  (writer, value) => {
    putText(writer, 10, value.name);
    putText(writer, 18, value.displayName);
    putText(writer, 26, value.timezone);
    putText(writer, 34, value.schedule);
    putText(writer, 42, value.owner);
    putText(writer, 50, value.ownerEmail);
    putFlag(writer, 56, value.disabled);
    putMap(writer, 66, value.tags);
    putMap(writer, 74, value.metadata);
    putWhole(writer, 80, value.retries);
    putText(writer, 90, value.parentJob);
    processors.write(writer, value.processors);
    putChoice(writer, 104, concurrency, value.concurrency, '');
    putText(writer, 114, value.executor);
    putMap(writer, 122, value.executorConfig);
    putFlag(writer, 128, value.ephemeral);
    putNullableInstant(writer, 138, value.startsAt);
    putNullableInstant(writer, 146, value.expiresAt);
    putChoice(writer, 152, dstGap, value.dstGap, 'skip');
    putChoice(writer, 160, dstOverlap, value.dstOverlap, 'both');
    putChoice(writer, 168, catchup, value.catchup, 'skip');
    putText(writer, 178, value.catchupWindow);
    putText(writer, 186, value.timeout);
  },
);
