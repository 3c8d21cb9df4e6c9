import type { ExecutionOutput } from '@dkron/jobs';
import { END_REASONS } from '@dkron/jobs';
import { implicit, optionalBytes } from '../wire/field.ts';
import { choice, raw, whole } from '../wire/kind.ts';
import { byHand } from '../wire/direct.ts';
import { message, type Message } from '../wire/message.ts';

/** Order = numbers in `proto/dkron/model/v1/model.proto`; only append. */
export const endReason = choice('end reason', END_REASONS);

export const executionOutput: Message<ExecutionOutput> = byHand(
  message('ExecutionOutput', {
    head: optionalBytes(1, raw),
    tail: optionalBytes(2, raw),
    totalBytes: implicit(3, whole, 0),
  }),
  undefined,
  (reader) => {
    let head = NOTHING;
    let tail = NOTHING;
    let totalBytes = 0;
    while (reader.more()) {
      const tag = reader.varint();
      if (tag === 10) head = reader.bytes();
      else if (tag === 18) tail = reader.bytes();
      else if (tag === 24) totalBytes = reader.varint();
      else reader.unknown(tag, 'ExecutionOutput');
    }
    return { head, tail, totalBytes };
  },
);

const NOTHING: Uint8Array = new Uint8Array(0);
