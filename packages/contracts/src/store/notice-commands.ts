import type { NoticeChannel, NoticeOutcome, SettleNotices } from '@dkron/jobs';
import { NOTICE_CHANNELS } from '@dkron/jobs';
import { ContractError } from '../errors.ts';
import { implicit, list, type Field } from '../wire/field.ts';
import { instantField } from '../wire/instant.ts';
import { fixed, whole } from '../wire/kind.ts';
import { message, sub, type Message } from '../wire/message.ts';
import { union } from '../wire/union.ts';
import type { Body } from './job-commands.ts';

type OutcomeBody<K extends NoticeOutcome['kind']> = Omit<Extract<NoticeOutcome, { kind: K }>, 'kind'>;

/** Channels as the bits of a number, so that they cost two bytes, and none when there are none. */
export function channelBits(number: number): Field<readonly NoticeChannel[] | undefined> {
  const bits = implicit(number, whole, 0);
  return {
    tag: bits.tag,
    initial: () => [],
    write: (writer, channels) =>
      bits.write(
        writer,
        (channels ?? []).reduce((sum, one) => sum | bitOf(one), 0),
      ),
    read(reader) {
      const value = bits.read(reader, 0);
      if (value >= 1 << NOTICE_CHANNELS.length) throw new ContractError(`notify ${value} names an unknown channel`);
      return NOTICE_CHANNELS.filter((channel) => (value & bitOf(channel)) !== 0);
    },
  };
}

function bitOf(channel: NoticeChannel): number {
  return 1 << NOTICE_CHANNELS.indexOf(channel);
}

const settled: Message<{ readonly id: bigint }> = message('SettledNotice', { id: implicit(1, fixed, 0n) });

const deferred: Message<OutcomeBody<'deferred'>> = message('DeferredNotice', {
  id: implicit(1, fixed, 0n),
  attempts: implicit(2, whole, 0),
  dueAt: instantField(3),
  lengthMs: implicit(4, whole, 0),
});

const outcome: Message<NoticeOutcome> = union('NoticeOutcome', 'kind', {
  sent: [1, settled],
  dropped: [2, settled],
  deferred: [3, deferred],
});

export const settleNotices: Message<Body<SettleNotices>> = message('SettleNotices', {
  stamp: implicit(1, fixed, 0n),
  outcomes: list(2, sub(outcome)),
});
