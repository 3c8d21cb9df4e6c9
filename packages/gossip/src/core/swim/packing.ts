import type { Address } from '../types.ts';
import { COMPOUND_MAX_PARTS, COMPOUND_OVERHEAD_BYTES, COMPOUND_PART_OVERHEAD_BYTES } from '../wire/compound.ts';
import type { PacketMessage } from '../wire/messages.ts';
import type { SwimContext } from './context.ts';
import type { Encoded } from './effects.ts';

/** A message of the layer above has a type byte before it. */
const USER_TYPE_BYTES = 1;

/** News for one packet that has room for `roomBytes` and `maxItems`: ours first, then those of the layer above. */
export function takeNews(context: SwimContext, roomBytes: number, maxItems: number): Encoded[] {
  const partBytes = COMPOUND_PART_OVERHEAD_BYTES;
  const taken = context.news.take(partBytes, roomBytes, context.transmitLimit, maxItems);
  const restBytes = taken.reduce((rest, { bytes }) => rest - bytes.length - partBytes, roomBytes);
  const above = context.delegate.takeBroadcasts?.(
    partBytes + USER_TYPE_BYTES,
    Math.max(0, restBytes),
    maxItems - taken.length,
  );
  for (const body of above ?? []) taken.push(context.encode({ type: 'user', body }));
  return taken;
}

/** Sends a message, and news with it as far as they fit. */
export function sendWithNews(
  context: SwimContext,
  to: Address,
  node: string | undefined,
  message: PacketMessage,
): void {
  const first = context.encode(message);
  const roomBytes = context.roomBytes - COMPOUND_OVERHEAD_BYTES - COMPOUND_PART_OVERHEAD_BYTES - first.bytes.length;
  context.send(to, node, [first, ...takeNews(context, roomBytes, COMPOUND_MAX_PARTS - 1)]);
}
