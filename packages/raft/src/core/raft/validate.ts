import { isLocalThread, NONE } from '../ids.ts';
import type { Message } from '../message.ts';
import type { Entry } from '../types.ts';

/**
 * What is wrong with a message, or `undefined`. Peers may send anything; what passes here cannot make the core throw.
 */
export function findMalformation(message: Message, lastIndex: number): string | undefined {
  const { term, index, logTerm, commit } = message;
  if (!isCount(term) || !isCount(index) || !isCount(logTerm) || !isCount(commit)) return 'number out of range';
  switch (message.type) {
    case 'App':
      return requireSender(message) ?? checkEntries(message);
    case 'Snap':
      return requireSender(message) ?? checkSnapshot(message);
    case 'Heartbeat':
    case 'Vote':
    case 'PreVote':
    case 'TimeoutNow':
    case 'HeartbeatResp':
    case 'VoteResp':
      return requireSender(message);
    case 'PreVoteResp':
      // A rejection of a server that never saw a term carries term 0.
      return message.reject ? undefined : requireSender(message);
    case 'AppResp':
      if (!isCount(message.rejectHint)) return 'number out of range';
      // Of a term that is not ours `lastIndex` says nothing, but then the index is not looked at.
      if (!message.reject && index > lastIndex) return `acknowledges ${index}, sent was ${lastIndex} at most`;
      return requireSender(message);
    case 'Prop':
      return message.entries.length === 0 ? 'proposes nothing' : undefined;
    default:
      return undefined;
  }
}

/** Half of the safe integers: whatever a peer names, there is room to count on from there. */
const LARGEST = 2 ** 52;

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= LARGEST;
}

function requireSender(message: Message): string | undefined {
  if (message.from === NONE || isLocalThread(message.from)) return 'no sender';
  return message.term === 0 ? 'no term' : undefined;
}

/** Entries follow each other, and their terms ascend up to the sender's. */
function checkEntries(message: Message): string | undefined {
  const { entries } = message;
  let term = message.logTerm;
  for (let i = 0; i < entries.length; i++) {
    const entry: Entry = entries[i]!;
    if (entry.index !== message.index + 1 + i) return `entry ${entry.index} at position ${i} behind ${message.index}`;
    if (!isCount(entry.term) || entry.term < term || entry.term > message.term) return `entry of term ${entry.term}`;
    term = entry.term;
  }
  return undefined;
}

function checkSnapshot(message: Message): string | undefined {
  const { snapshot } = message;
  if (snapshot === undefined) return 'no snapshot';
  if (!isCount(snapshot.index) || snapshot.index === 0) return `snapshot of index ${snapshot.index}`;
  if (!isCount(snapshot.term) || snapshot.term > message.term) return `snapshot of term ${snapshot.term}`;
  return undefined;
}
