import type { Message } from '../core/message.ts';

/**
 * What is to be delivered once the disk has all that came before, of two lists that wait for the same moment. An answer
 * that a later one makes superfluous is left out, so that however long the disk takes, each peer has a few at most.
 * Neither list may hold a message about a snapshot.
 */
export function mergeResponses(earlier: readonly Message[], later: readonly Message[]): Message[] {
  const merged = [...earlier];
  for (const message of later) {
    const at = merged.findIndex((old) => answersTheSame(old, message));
    const old = at === -1 ? undefined : merged.splice(at, 1)[0];
    merged.push(old !== undefined && acknowledgesMore(old, message) ? old : message);
  }
  return merged;
}

function answersTheSame(old: Message, message: Message): boolean {
  return old.type === message.type && old.to === message.to && old.reject === message.reject;
}

/** Appends overtake each other; what a leader was told in its term stays true. */
function acknowledgesMore(old: Message, message: Message): boolean {
  return old.type === 'AppResp' && !old.reject && old.term === message.term && old.index > message.index;
}
