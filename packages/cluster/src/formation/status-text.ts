import type { FormationStatus } from './types.ts';

/** One sentence for people: what is going on, and what to do if it stays so. */
export function formationText(status: FormationStatus): string {
  switch (status.kind) {
    case 'starting':
      return 'formation begins';
    case 'expect-zero':
      return 'bootstrap-expect is 0: this server founds no cluster and waits to be added to one';
    case 'join-round':
      return 'waits until the join targets were tried once';
    case 'too-few':
      return `${status.present.length} of ${status.expect} servers expected are there (${status.present.join(', ')}); start the others, and check that their join settings name one of these`;
    case 'silent':
      return `server ${status.name} is alive but did not say whether it belongs to a cluster (${status.why}); check its RPC port`;
    case 'go-server':
      return `server ${status.name} runs the original Dkron, whose cluster this server cannot join; give this one another region, or move the data by export and restore`;
    case 'member-seen':
      return `server ${status.name} is a member of cluster ${status.clusterId}; waits to be added by its leader${status.leader === '' ? ', which is not known yet' : ` ${status.leader}`}`;
    case 'expect-mismatch':
      return `bootstrap-expect differs: ${status.own.name} has ${status.own.expect}, ${status.other.name} has ${status.other.expect}; make it the same on all servers`;
    case 'pledged-seen':
      return `server ${status.name} is promised to a cluster that ${status.founder} founds; waits until that is settled`;
    case 'other-founds':
      return `server ${status.founder} is first by name and founds the cluster`;
    case 'founding':
      return `founds a cluster of ${status.members.join(', ')}; not agreed yet: ${status.missing.join(', ') || 'nobody'}`;
    case 'retrying':
      return `the founding was given up and is tried again: ${status.why}`;
    case 'pledged':
      return `is promised to the cluster that ${status.founder} founds`;
    case 'founder-silent':
      return `is promised to the cluster that ${status.founder} founds, and cannot reach it; start ${status.founder} again. If it is gone for good, stop this server and remove its folder raft, which is empty so far`;
    case 'founder-rebuilt':
      return `the founder ${status.founder} lost its data; waits for an answer of ${status.silent}, which might be a member of the cluster`;
    case 'member':
      return `is a member of cluster ${status.clusterId}`;
  }
}
