import { founderOf, type FoundingRecord } from './record.ts';
import type { Round } from './round.ts';
import type { FormationStatus } from './types.ts';

/** What a server pledged to another's record makes of a complete round that began after its pledge was durable. */
export type PledgedVerdict =
  /** Somebody is a member of the record's cluster: so are we. */
  | { readonly kind: 'member' }
  /** The founder has given the record up. */
  | { readonly kind: 'release' }
  /** The founder has lost its data and nobody in sight is a member: what it decided cannot be learnt any more. */
  | { readonly kind: 'redraw' }
  | { readonly kind: 'wait'; readonly status: FormationStatus };

/** Pure. @param clusterId - id of the record */
export function judgePledged(record: FoundingRecord, clusterId: string, round: Round): PledgedVerdict {
  const founder = founderOf(record);
  const outcomes = round.outcomes();
  const isMember = outcomes.some(
    ({ outcome }) =>
      outcome.kind === 'ours' && outcome.description.state === 'member' && outcome.description.clusterId === clusterId,
  );
  if (isMember) return { kind: 'member' };
  const answer = round.outcome(founder);
  if (answer?.kind !== 'ours') return { kind: 'wait', status: { kind: 'founder-silent', founder } };
  const { birth, clusterId: held } = answer.description;
  if (birth === record.members[0]?.birth) {
    return held === clusterId ? { kind: 'wait', status: { kind: 'pledged', founder } } : { kind: 'release' };
  }
  const silent = outcomes.find(({ outcome }) => outcome.kind === 'silent');
  if (silent === undefined) return { kind: 'redraw' };
  return { kind: 'wait', status: { kind: 'founder-rebuilt', founder, silent: silent.name } };
}
