import { DkronApiError } from './errors.ts';
import type { StreamMessage } from './event-parser.ts';
import type { Followed } from './follow.ts';
import type { Execution } from './execution.ts';
import type { JobChange, OutputPiece, Tick } from './gen/api.ts';
import { decodeJson } from './json.ts';

/** A change, or that some may have been missed: then lists have to be read anew. */
export type DkronEvent =
  | { readonly type: 'job'; readonly id: string; readonly data: JobChange }
  | { readonly type: 'tick'; readonly id: string; readonly data: Tick }
  | { readonly type: 'execution'; readonly id: string; readonly data: Execution }
  | { readonly type: 'reset' };

/** What an execution writes, and its end. After `reset` the output begins anew, with what is kept of it. */
export type OutputEvent =
  | { readonly type: 'output'; readonly data: OutputPiece }
  | { readonly type: 'end'; readonly data: Execution }
  | { readonly type: 'reset' };

const RESET = { type: 'reset' } as const;
const CHANGES: ReadonlySet<string> = new Set(['job', 'tick', 'execution']);

/** Events of other names, which a newer server may have, are passed over. */
export async function* changesOf(followed: AsyncIterable<Followed>): AsyncGenerator<DkronEvent, void, undefined> {
  for await (const { message } of followed) {
    if (message === undefined || message.event === 'reset') yield RESET;
    else if (CHANGES.has(message.event)) {
      yield { type: message.event, id: message.id, data: dataOf(message) } as DkronEvent;
    }
  }
}

/** Ends after `end`. */
export async function* outputOf(followed: AsyncIterable<Followed>): AsyncGenerator<OutputEvent, void, undefined> {
  for await (const { message } of followed) {
    if (message === undefined) yield RESET;
    else if (message.event === 'output' || message.event === 'end') {
      yield { type: message.event, data: dataOf(message) } as OutputEvent;
      if (message.event === 'end') return;
    }
  }
}

/** The server is trusted to send what its API says; shapes are not checked again here. */
function dataOf({ event, data }: StreamMessage): unknown {
  try {
    return decodeJson(data);
  } catch (cause) {
    const message = `the event ${event} is no JSON: ${cause instanceof Error ? cause.message : String(cause)}`;
    throw new DkronApiError({ status: 200, code: 'invalid_answer', message, cause });
  }
}
