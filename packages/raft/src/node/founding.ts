import { memberChange } from '../core/confchange/conf-change.ts';
import type { ConfChange } from '../core/confchange/conf-change.ts';
import { encodeConfChange } from '../core/confchange/codec.ts';
import { type Entry, EntryType, type NodeId } from '../core/types.ts';
import { sha256Hex } from '../storage/digest.ts';
import { checkId } from './arguments.ts';
import { encodeInfos } from './members.ts';

/**
 * Who founds a cluster. All of its members write the same record, so it holds names and births only: addresses may be
 * seen differently from different places, and different entries at (index 1, term 1) could not be told apart.
 */
export interface FoundingRecord {
  readonly region: string;
  /** Number of the founder's attempt. */
  readonly attempt: number;
  /** The first voters, in any order. */
  readonly members: readonly { readonly id: NodeId; readonly birth: string }[];
}

const CLUSTER_ID_HEX_DIGITS = 32;

/** Index and term of the entry that founds a cluster. */
export const FOUNDING_INDEX = 1;
export const FOUNDING_TERM = 1;

/** The record as bytes: equal records, equal bytes. @throws TypeError for empty or repeated names */
export function encodeFounding(record: FoundingRecord): Uint8Array {
  const members = record.members.map(({ id, birth }) => [id, birth] as const).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const ids = new Set(members.map(([id]) => id));
  for (const id of ids) checkId(id, 'id of a member');
  if (members.length === 0 || ids.size !== members.length) {
    throw new TypeError('members: at least one server is needed, with names that do not repeat');
  }
  if (!Number.isSafeInteger(record.attempt) || record.attempt < 0) {
    throw new TypeError(`attempt ${record.attempt}: integers from 0 are allowed`);
  }
  return new TextEncoder().encode(
    JSON.stringify({ version: 1, region: record.region, attempt: record.attempt, members }),
  );
}

/** 128 bits of the record's SHA-256, lower-case hex. */
export function clusterIdOf(record: FoundingRecord): string {
  return sha256Hex(encodeFounding(record)).slice(0, CLUSTER_ID_HEX_DIGITS);
}

/** Id of a cluster recovered by force: survivors that were recovered differently never mix. */
export function recoveredClusterId(oldId: string, voters: readonly NodeId[]): string {
  const text = JSON.stringify({ version: 1, recovered: oldId, voters: voters.toSorted() });
  return sha256Hex(new TextEncoder().encode(text)).slice(0, CLUSTER_ID_HEX_DIGITS);
}

/** The first entry of the log, the same on every founding server. */
export function foundingEntry(record: FoundingRecord): Entry {
  encodeFounding(record);
  const ids = record.members.map(({ id }) => id).toSorted();
  const steps = ids.map((id) => ({ kind: 'addVoter', id }) as const);
  const infos = Object.fromEntries(record.members.map(({ id, birth }) => [id, { birth }]));
  const data = encodeConfChange(memberChange(steps, 'explicit', encodeInfos(infos)));
  return { index: FOUNDING_INDEX, term: FOUNDING_TERM, type: EntryType.confChangeV2, data };
}

/** The founding entry cannot enter a joint configuration, since there is none before it: its voters are added in turn. */
export function foundingSteps(change: ConfChange): ConfChange[] {
  return change.steps.map((step) => ({ ...change, version: 1, transition: 'auto', steps: [step] }));
}
