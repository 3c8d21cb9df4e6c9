import type { CommandResults, Execution, NoticeEvent, SettleNotices } from '@dkron/jobs';
import { channelsOf, NOTICE_BYTES_PER_CHANNEL_MAX, NOTICES_PER_CHANNEL_MAX, tellsOutput } from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';
import type { Transaction } from '../transaction.ts';

const LIMITS = { count: NOTICES_PER_CHANNEL_MAX, outputBytes: NOTICE_BYTES_PER_CHANNEL_MAX } as const;

/** What a notice is made of besides its execution. */
export interface ToTell {
  /** The job's, at that time. */
  readonly ownerEmail: string;
  /** Processing of the output under way; 0 = none. */
  readonly awaits: bigint;
  readonly outputBytes: number;
}

/** Keeps what has to be told of this event, one notice per channel; of too many, the oldest go. */
export function addNotices(tx: Transaction, event: NoticeEvent, execution: Execution, about: ToTell): void {
  for (const channel of channelsOf(event, tx.notify)) {
    const recipient = channel === 'mail' ? about.ownerEmail : '';
    if (channel === 'mail' && recipient === '') continue;
    const notice = {
      channel,
      event,
      execution,
      recipient,
      awaits: about.awaits,
      outputBytes: tellsOutput(channel) ? about.outputBytes : 0,
      attempts: 0,
      dueAt: ZERO_TIME,
      lengthMs: 0,
    };
    tx.notices.add(notice, LIMITS);
  }
}

/** An attempt runs. */
export function tellStart(tx: Transaction, execution: Execution): void {
  if (tx.notify.length === 0) return;
  const ownerEmail = tx.job(execution.jobName)?.definition.ownerEmail ?? '';
  addNotices(tx, 'start', execution, { ownerEmail, awaits: 0n, outputBytes: 0 });
}

/** The end was a provisional verdict that is taken back: whoever was not told yet need not be. */
export function untellEnd(tx: Transaction, { id }: Execution): void {
  for (const notice of tx.notices.of(id)) if (notice.event === 'end') tx.notices.remove(notice.id);
}

export function applySettleNotices(tx: Transaction, { outcomes }: SettleNotices): CommandResults['settleNotices'] {
  let known = 0;
  for (const outcome of outcomes) {
    const notice = tx.notices.get(outcome.id);
    if (notice === undefined) continue;
    known += 1;
    if (outcome.kind === 'deferred') {
      const { attempts, dueAt, lengthMs } = outcome;
      tx.notices.defer({ ...notice, attempts, dueAt, lengthMs });
    } else {
      tx.notices.remove(outcome.id);
    }
  }
  return { known };
}
