import type { Random } from '@dkron/runtime';
import { type Address, decodeVersions, type NodeState, type ProtocolVersions } from '../types.ts';
import type { NodeView } from './effects.ts';
import type { Suspicion } from './suspicion.ts';

/** What we hold of a member. Only its table writes to it. */
export interface MemberEntry {
  readonly name: string;
  /** 4 or 16 bytes. */
  addr: Uint8Array;
  address: Address;
  meta: Uint8Array;
  /** Six bytes, or none. */
  vsn: Uint8Array;
  versions: ProtocolVersions | undefined;
  incarnation: number;
  state: NodeState;
  stateChangeMs: number;
  suspicion: Suspicion | undefined;
}

/** Where a member listens, as bytes and as text. */
export interface Place {
  readonly addr: Uint8Array;
  readonly address: Address;
}

/**
 * All members by name, and the order in which they are probed. What is given as bytes may be a view of a packet: it is
 * copied where the packet would live as long as the member.
 */
export interface MemberTable {
  /** All, with the dead that are not forgotten yet. */
  readonly size: number;
  /** In the order of probing. */
  readonly entries: Iterable<MemberEntry>;
  /** In the order in which they became suspect. */
  readonly suspects: Iterable<MemberEntry>;
  get(name: string): MemberEntry | undefined;
  /** The one at a place of the order, from 0. */
  at(index: number): MemberEntry | undefined;
  /**
   * A new entry, dead and of incarnation 0 until the caller says more, at a random place of the order. `addr` has 4 or 16
   * bytes.
   */
  insert(name: string, addr: Uint8Array, port: number, nowMs: number): MemberEntry;
  /** The entry of that name to write to, which need not be the same object; the old one is then out of date. */
  own(entry: MemberEntry): MemberEntry;
  setPlace(entry: MemberEntry, addr: Uint8Array, port: number): void;
  setIncarnation(entry: MemberEntry, incarnation: number): void;
  setMeta(entry: MemberEntry, meta: Uint8Array): void;
  /** Takes over versions if there are six of them. */
  setVersions(entry: MemberEntry, vsn: Uint8Array | null): void;
  setState(entry: MemberEntry, state: NodeState, nowMs: number): void;
  setSuspicion(entry: MemberEntry, suspicion: Suspicion | undefined): void;
  /** Forgets those gone for longer than `olderThanMs` (and not `keep`), and draws a new order. */
  reset(nowMs: number, olderThanMs: number, keep: string): void;
  /** Up to `count` different ones at random, of those that `accepts`. */
  pick(count: number, accepts: (entry: MemberEntry) => boolean): MemberEntry[];
}

/** Whether the entry counts as gone. */
export function isGone(entry: MemberEntry): boolean {
  return entry.state === 'dead' || entry.state === 'left';
}

export function viewOf(entry: MemberEntry): NodeView {
  const { name, address, meta, versions, incarnation, state } = entry;
  return { name, address, meta, versions, incarnation, state };
}

/** Whether an entry was gone for longer than `olderThanMs`. */
export function isForgettable(entry: MemberEntry, nowMs: number, olderThanMs: number): boolean {
  return isGone(entry) && nowMs - entry.stateChangeMs > olderThanMs;
}

const NO_BYTES = new Uint8Array(0);

/** An entry that nothing is known of but name and place. */
export function emptyEntry(name: string, { addr, address }: Place, nowMs: number): MemberEntry {
  return {
    name,
    addr,
    address,
    meta: NO_BYTES,
    vsn: NO_BYTES,
    versions: undefined,
    incarnation: 0,
    state: 'dead',
    stateChangeMs: nowMs,
    suspicion: undefined,
  };
}

/** How many kinds of versions are remembered. More cost memory, not correctness. */
const KINDS_MAX = 64;

interface Kind {
  readonly vsn: Uint8Array;
  readonly versions: ProtocolVersions;
}

/** Versions of members: a pool of thousands has few kinds, so each is held once. */
export class VersionKinds {
  readonly #kinds: Kind[] = [];

  /** `undefined` unless there are six bytes. */
  find(vsn: Uint8Array | null): Kind | undefined {
    for (const kind of this.#kinds) if (sameBytes(kind.vsn, vsn)) return kind;
    const versions = decodeVersions(vsn);
    if (versions === undefined) return undefined;
    const kind = { vsn: vsn!.slice(), versions };
    if (this.#kinds.length < KINDS_MAX) this.#kinds.push(kind);
    return kind;
  }
}

/** Whether both are there and equal. */
export function sameBytes(a: Uint8Array, b: Uint8Array | null): boolean {
  if (b === null || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** {@link MemberTable.pick} for any table. */
export function pickMembers(
  table: MemberTable,
  random: Random,
  count: number,
  accepts: (entry: MemberEntry) => boolean,
): MemberEntry[] {
  const picked: MemberEntry[] = [];
  if (table.size < 3 * count) {
    const candidates = [...table.entries].filter(accepts);
    for (let i = 0; i < candidates.length && picked.length < count; i++) {
      const at = i + random.nextInt(candidates.length - i);
      picked.push(candidates[at]!);
      candidates[at] = candidates[i]!;
    }
    return picked;
  }
  for (let tries = 3 * table.size; tries > 0 && picked.length < count; tries--) {
    const entry = table.at(random.nextInt(table.size))!;
    if (accepts(entry) && !picked.includes(entry)) picked.push(entry);
  }
  return picked;
}
