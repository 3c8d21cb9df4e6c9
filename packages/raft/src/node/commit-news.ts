import type { Message } from '../core/message.ts';
import type { NodeId } from '../core/types.ts';

/**
 * Appends without entries, which mostly tell a peer that the commit index rose, wait for one turn: the next append to
 * that peer, which tells it too, often leaves by then and makes the empty one needless. To the peer it is as if the
 * network had lost it.
 */
export class CommitNews {
  #held = new Map<NodeId, Message>();

  /** Whether a turn must come even if nothing else asks for one. */
  get waits(): boolean {
    return this.#held.size > 0;
  }

  /** What leaves in this turn: `messages` without the empty appends that can wait, and those that waited in vain. */
  pass(messages: readonly Message[]): readonly Message[] {
    if (this.#held.size === 0 && !messages.some(isEmptyAppend)) return messages;
    const old = this.#held;
    const held = new Map<NodeId, Message>();
    const out: Message[] = [];
    for (const message of messages) {
      const { to } = message;
      if (message.type === 'App') {
        const first = !old.delete(to);
        held.delete(to);
        // One turn is enough, and the newest says all.
        if (first && message.entries.length === 0) {
          held.set(to, message);
          continue;
        }
      }
      out.push(message);
    }
    this.#held = held;
    for (const message of old.values()) out.push(message);
    return out;
  }
}

function isEmptyAppend(message: Message): boolean {
  return message.type === 'App' && message.entries.length === 0;
}
