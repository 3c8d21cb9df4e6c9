import type { ExecutionOutput } from '@dkron/jobs';
import { END_REASONS } from '@dkron/jobs';
import { implicit, optionalBytes } from '../wire/field.ts';
import { choice, raw, whole } from '../wire/kind.ts';
import { message, type Message } from '../wire/message.ts';

/** Order = numbers in `proto/dkron/model/v1/model.proto`; only append. */
export const endReason = choice('end reason', END_REASONS);

export const executionOutput: Message<ExecutionOutput> = message('ExecutionOutput', {
  head: optionalBytes(1, raw),
  tail: optionalBytes(2, raw),
  totalBytes: implicit(3, whole, 0),
});
