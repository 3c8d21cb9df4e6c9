import type { Description } from '../describe/description.ts';
import type { FoundingRecord } from './record.ts';
import type { Round } from './round.ts';
import type { FormationStatus, SeenServer } from './types.ts';

/** What a fresh server makes of a complete round. */
export type FreshVerdict =
  | { readonly kind: 'wait'; readonly status: FormationStatus }
  | { readonly kind: 'found'; readonly members: FoundingRecord['members'] };

export interface FreshFacts {
  readonly name: string;
  readonly region: string;
  readonly expect: number;
  readonly birth: string;
  /** Whether every join target has been tried once; asked for only by those who found alone. */
  readonly joinRoundEnded: boolean;
  /** Servers that gossip remembers and that are not alive. */
  readonly gone: readonly SeenServer[];
}

/**
 * Whether this fresh server founds a cluster, and with whom. Pure. All that hinders comes before counting: whoever is
 * silent might be a member, and two clusters cannot be made one again.
 */
export function judgeFresh(facts: FreshFacts, round: Round): FreshVerdict {
  const hindrance = hindranceIn(facts, round);
  if (hindrance !== undefined) return { kind: 'wait', status: hindrance };
  const own = { id: facts.name, birth: facts.birth };
  const fresh = descriptionsIn(round)
    .filter(({ state, expect }) => state === 'fresh' && expect === facts.expect)
    .map(({ name, birth }) => ({ id: name, birth }));
  const all = [...fresh, own].toSorted((a, b) => (a.id < b.id ? -1 : 1));
  if (all.length < facts.expect) {
    const present = all.map(({ id }) => id);
    return { kind: 'wait', status: { kind: 'too-few', present, expect: facts.expect } };
  }
  const founder = all[0]!;
  if (founder.id !== facts.name) return { kind: 'wait', status: { kind: 'other-founds', founder: founder.id } };
  return { kind: 'found', members: all.slice(0, facts.expect) };
}

function hindranceIn(facts: FreshFacts, round: Round): FormationStatus | undefined {
  if (facts.expect === 0) return { kind: 'expect-zero' };
  // A node of the original that is no server is an agent.
  const go = round.outcomes().find(({ outcome, probation }) => outcome.kind === 'go' && !probation);
  if (go !== undefined) return { kind: 'go-server', name: go.name };
  const member = memberIn(round);
  if (member !== undefined) return member;
  for (const { name, outcome } of round.outcomes())
    if (outcome.kind === 'silent') return { kind: 'silent', name, why: outcome.why };
  const descriptions = descriptionsIn(round);
  const other = descriptions.find(({ expect }) => expect !== 0 && expect !== facts.expect);
  if (other !== undefined) {
    return {
      kind: 'expect-mismatch',
      own: { name: facts.name, expect: facts.expect },
      other: { name: other.name, expect: other.expect },
    };
  }
  const pledged = descriptions.find((description) => isUnderWay(description, facts, round));
  if (pledged !== undefined) {
    return { kind: 'pledged-seen', name: pledged.name, founder: pledged.members[0] ?? '' };
  }
  // Alone it cannot be told whether nobody else is there, or nobody has been found yet.
  return facts.expect === 1 && !facts.joinRoundEnded ? { kind: 'join-round' } : undefined;
}

/** A member of a cluster among those that answered. */
export function memberIn(round: Round): (FormationStatus & { readonly kind: 'member-seen' }) | undefined {
  const member = descriptionsIn(round).find(({ state }) => state === 'member');
  if (member === undefined) return undefined;
  const { name, clusterId, leader } = member;
  return { kind: 'member-seen', name, clusterId, leader: leader.name };
}

/**
 * Whether somebody else's founding may still succeed. Without this rule, the servers beyond the first N of 2 N would
 * found a second cluster while the first ones are at it.
 */
function isUnderWay({ state, members }: Description, facts: FreshFacts, round: Round): boolean {
  if (state !== 'pledged') return false;
  const founder = members[0] ?? '';
  return (
    round.outcome(founder) !== undefined || founder === facts.name || facts.gone.some(({ name }) => name === founder)
  );
}

function descriptionsIn(round: Round): Description[] {
  return round
    .outcomes()
    .flatMap(({ outcome }) => (outcome.kind === 'ours' ? [outcome.description] : []))
    .filter(({ state }) => state !== 'agent');
}
