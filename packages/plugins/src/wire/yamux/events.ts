import type { PluginWireError } from '../errors.ts';

/** What happened on a session, in order. */
export type YamuxEvent =
  /** The other side opened a stream. It is confirmed. */
  | { readonly type: 'stream'; readonly streamId: number }
  /** The other side confirmed a stream of ours. */
  | { readonly type: 'opened'; readonly streamId: number }
  /** Say `consume` when they are dealt with: until then they count against what the other side may send. */
  | { readonly type: 'data'; readonly streamId: number; readonly bytes: Uint8Array }
  /** No more data will come on this stream. */
  | { readonly type: 'end'; readonly streamId: number }
  /** The other side gave the stream up; what waited to be sent on it is gone. */
  | { readonly type: 'reset'; readonly streamId: number }
  /** The answer to a ping of ours. */
  | { readonly type: 'pong'; readonly value: number }
  /** The other side takes no more streams: 0 normal end, 1 protocol error, 2 internal error. */
  | { readonly type: 'goAway'; readonly code: number }
  /** The other side broke the rules. It has been told, and nothing more is read. */
  | { readonly type: 'failed'; readonly error: PluginWireError };
