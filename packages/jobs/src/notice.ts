import type { EpochNanos } from '@dkron/runtime';
import type { Execution, ExecutionId } from './execution.ts';
import type { NOTICE_CHANNELS, NOTICE_EVENTS } from './words.ts';

/** Ways on which people and programs are told about runs. Each is a receiver with a queue of its own. */
export type NoticeChannel = (typeof NOTICE_CHANNELS)[number];
/** `start`: an attempt runs. `end`: the last attempt on a node has ended. */
export type NoticeEvent = (typeof NOTICE_EVENTS)[number];

/** Something that is still to be told, replicated so that any leader carries on. One per event and channel. */
export interface Notice {
  /** Unique, ordered, of the same series as those of due records. */
  readonly id: bigint;
  readonly channel: NoticeChannel;
  readonly event: NoticeEvent;
  /** As it was then: its record, and its job, may be gone when it is told. */
  readonly execution: Execution;
  /** Of mails: the job's `owner_email` as it was then; else `''`. */
  readonly recipient: string;
  /** The processing of the output that is waited for; 0 = none. */
  readonly awaits: bigint;
  /** Bytes of output that are kept for this notice, as they were at the end. */
  readonly outputBytes: number;
  /** Failed tries so far. */
  readonly attempts: number;
  /** Not to be tried before; ZERO_TIME = at once. A new leader waits clamp(dueAt − wall, 0, lengthMs). */
  readonly dueAt: EpochNanos;
  readonly lengthMs: number;
}

/** What became of a try. */
export type NoticeOutcome =
  | { readonly kind: 'sent'; readonly id: bigint }
  /** Given up, e.g. for its age. */
  | { readonly kind: 'dropped'; readonly id: bigint }
  | {
      readonly kind: 'deferred';
      readonly id: bigint;
      readonly attempts: number;
      readonly dueAt: EpochNanos;
      readonly lengthMs: number;
    };

/** Notices kept of one channel; of more, the oldest are dropped. */
export const NOTICES_PER_CHANNEL_MAX = 10_000;
/** Bytes of output kept for the notices of one channel; beyond, the oldest are dropped. */
export const NOTICE_BYTES_PER_CHANNEL_MAX = 64 * 1024 * 1024;

/** Channels that tell what an execution printed. */
export function tellsOutput(channel: NoticeChannel): boolean {
  return channel === 'mail' || channel === 'webhook';
}

/** Which of these channels tell of this event. */
export function channelsOf(event: NoticeEvent, channels: readonly NoticeChannel[]): readonly NoticeChannel[] {
  return channels.filter((channel) => EVENTS[channel].includes(event));
}

const EVENTS: Readonly<Record<NoticeChannel, readonly NoticeEvent[]>> = {
  cronitor: ['start', 'end'],
  mail: ['end'],
  webhook: ['end'],
  'pre-webhook': ['start'],
};

/** The same text for every try of one notice, and of no other one. */
export function idempotencyKeyOf({ id, event, execution }: Pick<Notice, 'id' | 'event' | 'execution'>): string {
  return `${execution.id satisfies ExecutionId}/${event}/${id}`;
}
