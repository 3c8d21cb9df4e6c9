import { flawOf, founderOf } from './record.ts';
import type { PledgeRequest } from './types.ts';

/** Why a fresh server does not pledge itself to a record; undefined if it does. Pure. */
export function refusePledge(
  own: { readonly name: string; readonly region: string; readonly expect: number; readonly birth: string },
  { from, record }: PledgeRequest,
): string | undefined {
  const flaw = flawOf(record);
  if (flaw !== undefined) return `the record has a flaw: ${flaw}`;
  if (record.region !== own.region) return `the record is of region ${record.region}, ${own.name} of ${own.region}`;
  if (from !== founderOf(record)) return `the record is ${founderOf(record)}'s to found, not ${from}'s`;
  const entry = record.members.find(({ id }) => id === own.name);
  if (entry === undefined) return `${own.name} is not in the record`;
  if (entry.birth !== own.birth) return `${own.name} has birth ${own.birth}, the record names ${entry.birth}`;
  if (record.members.length !== own.expect) {
    return `${from} founds with ${record.members.length} servers, ${own.name} expects ${own.expect}; make bootstrap-expect the same on all servers`;
  }
  return undefined;
}
