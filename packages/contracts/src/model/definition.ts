import type { Catchup, Concurrency, DstGap, DstOverlap, JobDefinition, StringMap } from '@dkron/jobs';
import { implicit, map, nullable, required, type Field } from '../wire/field.ts';
import { nullableInstant } from '../wire/instant.ts';
import { choice, flag, text, whole, type Kind } from '../wire/kind.ts';
import { message, sub, type Message } from '../wire/message.ts';

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
const dstGap = choice<DstGap>('dst gap', ['skip', 'after']);
const dstOverlap = choice<DstOverlap>('dst overlap', ['both', 'first', 'last']);
const catchup = choice<Catchup>('catchup', ['skip', 'last', 'all']);

/** The value of a map entry is always written; an absent one is `{}`, as protobuf has it. */
const processor: Field<StringMap> = { ...required(2, stringMapKind), initial: () => ({}) };

/** Message `JobDefinition`. Enums whose usual value is the domain's default are left out for it. */
export const jobDefinition: Message<JobDefinition> = message('JobDefinition', {
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
  processors: map(12, implicit(1, text, ''), processor),
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
});
