import type { Checker, PeerView, ServerView } from './checker.ts';
import { must } from './violation.ts';

/** I9: what a leader keeps of its peers is consistent with itself. */
export class ProgressShape implements Checker {
  readonly name = 'I9 progress';

  leaderPeers(server: ServerView, peers: readonly PeerView[]): void {
    for (const peer of peers) {
      const problem = problemOf(server, peer);
      must(problem === undefined, this.name, () => `${peer.id} on ${server.id}: ${problem}`);
    }
  }
}

function problemOf(
  server: ServerView,
  { state, match, next, paused, inflight, id, window }: PeerView,
): string | undefined {
  if (match >= next) return `match ${match}, next ${next}`;
  if (match > server.lastIndex) return `match ${match}, the last entry is ${server.lastIndex}`;
  if (next > server.lastIndex + 1) return `next ${next}, the last entry is ${server.lastIndex}`;
  if (inflight.length > window) return `${inflight.length} messages in flight, ${window} are allowed`;
  if (state === 'snapshot' && !paused) return 'not paused while it installs a snapshot';
  for (let i = 1; i < inflight.length; i++) {
    if (inflight[i]! <= inflight[i - 1]!) return `in flight ${inflight.join(' ')}`;
  }
  if (state !== 'replicate') return inflight.length === 0 ? undefined : `in flight while in ${state}`;
  // The own progress has no window: nothing is sent.
  if (id === server.id) return undefined;
  const last = inflight.at(-1);
  if (last === undefined) return next === match + 1 ? undefined : `nothing in flight between ${match} and ${next}`;
  if (last !== next - 1) return `in flight up to ${last}, next ${next}`;
  return inflight[0]! > match ? undefined : `${inflight[0]} in flight, ${match} matches`;
}
