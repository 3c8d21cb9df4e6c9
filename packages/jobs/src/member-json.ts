import { ordered, sortedMap, writeGoJson, type GoObject, type WriteOptions } from './go-json.ts';
import type { Member, MemberStatus } from './member.ts';

const STATUS_NUMBER: Readonly<Record<MemberStatus, number>> = { none: 0, alive: 1, leaving: 2, left: 3, failed: 4 };
/** What the original's membership library announces: minimum, maximum, current. */
const PROTOCOL = [1, 5, 2] as const;
const DELEGATE = [2, 5, 4] as const;

/** How a member's JSON is laid out, and its row id. */
export interface MemberJsonOptions extends WriteOptions {
  /** Row id of the member list, new per request; absent (GET leader): neither `id` nor `statusText`. */
  readonly id?: string;
}

/** A member as a value, in the original's key order. */
export function memberValue(member: Member, options: Pick<MemberJsonOptions, 'id'> = {}): GoObject {
  return ordered(
    ['Name', member.name],
    ['Addr', member.addr],
    ['Port', member.port],
    ['Tags', sortedMap(member.tags)],
    ['Status', STATUS_NUMBER[member.status]],
    ['ProtocolMin', PROTOCOL[0]],
    ['ProtocolMax', PROTOCOL[1]],
    ['ProtocolCur', PROTOCOL[2]],
    ['DelegateMin', DELEGATE[0]],
    ['DelegateMax', DELEGATE[1]],
    ['DelegateCur', DELEGATE[2]],
    ...(options.id === undefined ? [] : [['id', options.id] as const, ['statusText', member.status] as const]),
  );
}

/** The text of {@link memberValue}. */
export function memberToJson(member: Member, options: MemberJsonOptions = {}): string {
  return writeGoJson(memberValue(member, options), options);
}
