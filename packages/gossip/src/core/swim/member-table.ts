import type { Random } from '@dkron/runtime';
import { formatIp } from '../ip.ts';
import { type Address, decodeVersions, type NodeState, type ProtocolVersions } from '../types.ts';
import type { NodeView } from './effects.ts';
import type { Suspicion } from './suspicion.ts';

/** What we hold of a member. */
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

/** Whether the entry counts as gone. */
export function isGone(entry: MemberEntry): boolean {
  return entry.state === 'dead' || entry.state === 'left';
}

export function viewOf(entry: MemberEntry): NodeView {
  const { name, address, meta, versions, incarnation, state } = entry;
  return { name, address, meta, versions, incarnation, state };
}

/**
 * Takes over where a member listens. `addr` must have 4 or 16 bytes; it is copied, as it is a view of a packet that must
 * not live as long as the member.
 */
export function setAddress(entry: MemberEntry, addr: Uint8Array, port: number): void {
  entry.addr = addr.slice();
  entry.address = { ip: formatIp(addr)!, port };
}

/** Takes over versions if there are six of them. */
export function setVersions(entry: MemberEntry, vsn: Uint8Array | null): void {
  const versions = decodeVersions(vsn);
  if (versions === undefined) return;
  entry.vsn = vsn!.slice();
  entry.versions = versions;
}

const NO_BYTES = new Uint8Array(0);

/** All members by name, and the order in which they are probed. */
export class MemberTable {
  readonly #random: Random;
  readonly #byName = new Map<string, MemberEntry>();
  readonly #order: MemberEntry[] = [];
  readonly #suspects = new Set<MemberEntry>();

  constructor(random: Random) {
    this.#random = random;
  }

  /** All, with the dead that are not forgotten yet. */
  get size(): number {
    return this.#order.length;
  }

  get(name: string): MemberEntry | undefined {
    return this.#byName.get(name);
  }

  /** In the order of probing. */
  get entries(): readonly MemberEntry[] {
    return this.#order;
  }

  /** In the order in which they became suspect. */
  get suspects(): Iterable<MemberEntry> {
    return this.#suspects;
  }

  /** A new entry, dead and of incarnation 0 until the caller says more, at a random place of the order. */
  insert(name: string, addr: Uint8Array, port: number, nowMs: number): MemberEntry {
    const entry: MemberEntry = {
      name,
      addr: addr.slice(),
      address: { ip: formatIp(addr)!, port },
      meta: NO_BYTES,
      vsn: NO_BYTES,
      versions: undefined,
      incarnation: 0,
      state: 'dead',
      stateChangeMs: nowMs,
      suspicion: undefined,
    };
    this.#byName.set(name, entry);
    // Swap with a random one: as random a place as an insertion, without moving the others.
    const at = this.#random.nextInt(this.#order.length + 1);
    this.#order.push(entry);
    this.#swap(at, this.#order.length - 1);
    return entry;
  }

  setState(entry: MemberEntry, state: NodeState, nowMs: number): void {
    entry.state = state;
    entry.stateChangeMs = nowMs;
  }

  setSuspicion(entry: MemberEntry, suspicion: Suspicion | undefined): void {
    entry.suspicion = suspicion;
    if (suspicion === undefined) this.#suspects.delete(entry);
    else this.#suspects.add(entry);
  }

  /** Forgets those gone for longer than `olderThanMs` (and not `keep`), and draws a new order. */
  reset(nowMs: number, olderThanMs: number, keep: string): void {
    let kept = 0;
    for (const entry of this.#order) {
      if (entry.name !== keep && isGone(entry) && nowMs - entry.stateChangeMs > olderThanMs) {
        this.setSuspicion(entry, undefined);
        this.#byName.delete(entry.name);
      } else {
        this.#order[kept++] = entry;
      }
    }
    this.#order.length = kept;
    for (let i = kept - 1; i > 0; i--) this.#swap(i, this.#random.nextInt(i + 1));
  }

  /** Up to `count` different ones at random, of those that `accepts`. */
  pick(count: number, accepts: (entry: MemberEntry) => boolean): MemberEntry[] {
    const total = this.#order.length;
    const picked: MemberEntry[] = [];
    if (total < 3 * count) {
      const candidates = this.#order.filter(accepts);
      for (let i = 0; i < candidates.length && picked.length < count; i++) {
        const at = i + this.#random.nextInt(candidates.length - i);
        picked.push(candidates[at]!);
        candidates[at] = candidates[i]!;
      }
      return picked;
    }
    for (let tries = 3 * total; tries > 0 && picked.length < count; tries--) {
      const entry = this.#order[this.#random.nextInt(total)]!;
      if (accepts(entry) && !picked.includes(entry)) picked.push(entry);
    }
    return picked;
  }

  #swap(a: number, b: number): void {
    const entry = this.#order[a]!;
    this.#order[a] = this.#order[b]!;
    this.#order[b] = entry;
  }
}
