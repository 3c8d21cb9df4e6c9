import type { Change, Note } from './types.ts';

/** One sentence for people: what is not done, why, and what to type. */
export function noteText(note: Note): string {
  switch (note.kind) {
    case 'amnesia':
      return `server ${note.name} came back without its data (its birth is ${note.birth}, configured is ${note.configured}), so it could vote twice and is refused; type: dkron raft remove-peer --peer-id ${note.name}, then it is added anew by itself`;
    case 'go-server':
      return `server ${note.name} runs the original Dkron and is never added; stop it, or give it another region`;
    case 'foreign-cluster':
      return `server ${note.name} belongs to another cluster, ${note.clusterId}; to move it here, stop it, move its raft folder aside and start it again`;
    case 'pledged-elsewhere':
      return `server ${note.name} is promised to a cluster that others found; it is added once that is settled`;
    case 'undescribed':
      return `server ${note.name} is alive but does not answer on its RPC port; it is added once it does`;
    case 'behind':
      return `server ${note.name} is a learner until it has caught up`;
    case 'held-learner':
      return `server ${note.name} stays a learner while ${note.failed.join(', ')} cannot vote, so that the majority does not grow; bring that back, or type: dkron raft remove-peer --peer-id ${note.failed[0]}`;
    case 'silent-voter':
      return `server ${note.name} stays a learner until ${note.silent.join(', ')} is heard of, so that the majority does not grow`;
    case 'quorum':
      return `the membership is not changed (${changeText(note.change)}) while ${note.missing.join(', ')} cannot be reached: too few voters would be left`;
  }
}

export function changeText(change: Change): string {
  switch (change.kind) {
    case 'add-learner':
      return `add ${change.id} as learner`;
    case 'promote':
      return `make ${change.id} a voter`;
    case 'remove':
      return `remove ${change.id}, which ${change.why === 'left' ? 'left' : 'was forgotten after it failed'}`;
    case 'swap':
      return `replace ${change.out} by ${change.in}`;
    case 'transfer':
      return 'hand leadership over, since this server leaves';
  }
}
