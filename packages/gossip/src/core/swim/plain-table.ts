import type { Random } from '@dkron/runtime';
import { formatIp } from '../ip.ts';
import type { NodeState } from '../types.ts';
import {
  emptyEntry,
  isForgettable,
  type MemberEntry,
  type MemberTable,
  pickMembers,
  type Place,
  VersionKinds,
} from './member-table.ts';
import type { Suspicion } from './suspicion.ts';

/** The table of one member that has its memory for itself. */
export class PlainTable implements MemberTable {
  readonly #random: Random;
  readonly #byName = new Map<string, MemberEntry>();
  readonly #order: MemberEntry[] = [];
  readonly #suspects = new Set<MemberEntry>();
  readonly #kinds = new VersionKinds();

  constructor(random: Random) {
    this.#random = random;
  }

  get size(): number {
    return this.#order.length;
  }

  get entries(): readonly MemberEntry[] {
    return this.#order;
  }

  get suspects(): Iterable<MemberEntry> {
    return this.#suspects;
  }

  get(name: string): MemberEntry | undefined {
    return this.#byName.get(name);
  }

  at(index: number): MemberEntry | undefined {
    return this.#order[index];
  }

  insert(name: string, addr: Uint8Array, port: number, nowMs: number): MemberEntry {
    const entry = emptyEntry(name, copiedPlace(addr, port), nowMs);
    this.#byName.set(name, entry);
    // Swap with a random one: as random a place as an insertion, without moving the others.
    const at = this.#random.nextInt(this.#order.length + 1);
    this.#order.push(entry);
    this.#swap(at, this.#order.length - 1);
    return entry;
  }

  own(entry: MemberEntry): MemberEntry {
    return entry;
  }

  setPlace(entry: MemberEntry, addr: Uint8Array, port: number): void {
    Object.assign(entry, copiedPlace(addr, port));
  }

  setIncarnation(entry: MemberEntry, incarnation: number): void {
    entry.incarnation = incarnation;
  }

  setMeta(entry: MemberEntry, meta: Uint8Array): void {
    entry.meta = meta.slice();
  }

  setVersions(entry: MemberEntry, vsn: Uint8Array | null): void {
    const kind = this.#kinds.find(vsn);
    if (kind === undefined) return;
    entry.vsn = kind.vsn;
    entry.versions = kind.versions;
  }

  setState(entry: MemberEntry, state: NodeState, nowMs: number): void {
    entry.state = state;
    entry.stateChangeMs = nowMs;
  }

  setSuspicion(entry: MemberEntry, suspicion: Suspicion | undefined): void {
    if (suspicion !== undefined) this.#suspects.add(entry);
    else if (entry.suspicion !== undefined) this.#suspects.delete(entry);
    entry.suspicion = suspicion;
  }

  reset(nowMs: number, olderThanMs: number, keep: string): void {
    let kept = 0;
    for (const entry of this.#order) {
      if (entry.name !== keep && isForgettable(entry, nowMs, olderThanMs)) {
        this.setSuspicion(entry, undefined);
        this.#byName.delete(entry.name);
      } else {
        this.#order[kept++] = entry;
      }
    }
    this.#order.length = kept;
    for (let i = kept - 1; i > 0; i--) this.#swap(i, this.#random.nextInt(i + 1));
  }

  pick(count: number, accepts: (entry: MemberEntry) => boolean): MemberEntry[] {
    return pickMembers(this, this.#random, count, accepts);
  }

  #swap(a: number, b: number): void {
    const entry = this.#order[a]!;
    this.#order[a] = this.#order[b]!;
    this.#order[b] = entry;
  }
}

function copiedPlace(addr: Uint8Array, port: number): Place {
  return { addr: addr.slice(), address: { ip: formatIp(addr)!, port } };
}
