/** Who founds a cluster: the shape of `@dkron/raft`. Its id is made of all of it. */
export interface FoundingRecord {
  readonly region: string;
  /** Number of the founder's attempt. */
  readonly attempt: number;
  /** The first voters, sorted by name; the first of them is the founder. */
  readonly members: readonly { readonly id: string; readonly birth: string }[];
}

export function founderOf(record: FoundingRecord): string {
  return record.members[0]?.id ?? '';
}

export function sameRecord(a: FoundingRecord, b: FoundingRecord): boolean {
  return (
    a.region === b.region &&
    a.attempt === b.attempt &&
    a.members.length === b.members.length &&
    a.members.every(({ id, birth }, i) => id === b.members[i]!.id && birth === b.members[i]!.birth)
  );
}

/** Why a text or message is no record; undefined if it is one. */
export function flawOf(record: FoundingRecord): string | undefined {
  const { region, attempt, members } = record;
  if (region === '') return 'no region';
  if (!Number.isSafeInteger(attempt) || attempt < 1) return `attempt ${attempt}, allowed are integers from 1`;
  if (members.length === 0) return 'no members';
  if (members.some(({ id, birth }) => id === '' || birth === '')) return 'a member without name or birth';
  const sorted = members.every(({ id }, i) => i === 0 || members[i - 1]!.id < id);
  return sorted ? undefined : 'members not sorted by name, or repeated';
}

export function recordToText(record: FoundingRecord): string {
  const { region, attempt, members } = record;
  return JSON.stringify({ region, attempt, members: members.map(({ id, birth }) => ({ id, birth })) });
}

/** @throws TypeError for anything but a record */
export function recordFromText(text: string): FoundingRecord {
  const value = JSON.parse(text) as FoundingRecord;
  const flaw =
    typeof value === 'object' && value !== null && Array.isArray(value.members) ? flawOf(value) : 'no record';
  if (flaw !== undefined) throw new TypeError(`founding record: ${flaw}`);
  return value;
}
