import { createHash } from 'node:crypto';
import { createMessage } from '../core/message.ts';
import type { Message } from '../core/message.ts';
import type { Entry } from '../core/types.ts';
import type { TransportPeer } from './transport-peer.ts';

/** An append of one entry behind `index`. */
export function append(from: TransportPeer, to: TransportPeer, index: number, data: number | Uint8Array): Message {
  const bytes = typeof data === 'number' ? new Uint8Array(data).fill(index) : data;
  const entries: Entry[] = [{ term: 1, index: index + 1, type: 0, data: bytes }];
  return createMessage({ type: 'App', from: from.id, to: to.id, term: 1, logTerm: 1, index, entries });
}

/** What a peer got of one kind. */
export function of(peer: TransportPeer, type: Message['type']): Message[] {
  return peer.received.filter((message) => message.type === type);
}

/** Contents only, whatever class the bytes are of. */
export function plain(message: Message): unknown {
  return Object.assign({}, message, {
    context: [...message.context],
    entries: message.entries.map((entry) => ({ ...entry, data: digest(entry.data) })),
  });
}

export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
