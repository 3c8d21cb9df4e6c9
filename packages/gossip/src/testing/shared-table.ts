import type { Random } from '@dkron/runtime';
import { formatIp } from '../core/ip.ts';
import {
  emptyEntry,
  isForgettable,
  type MemberEntry,
  type MemberTable,
  pickMembers,
  type Place,
  sameBytes,
  VersionKinds,
} from '../core/swim/member-table.ts';
import type { Suspicion } from '../core/swim/suspicion.ts';
import type { NodeState } from '../core/types.ts';
import type { PacketMessage, PushNodeState } from '../core/wire/messages.ts';

const NO_BYTES = new Uint8Array(0);

/** What the tables of all members of one process share: numbers of names, places, versions, and what all know from the start. */
export class SharedMembers {
  readonly kinds = new VersionKinds();
  /** What everybody knows who has not heard otherwise, by number. Nobody writes to it. */
  readonly known: MemberEntry[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #places: Place[] = [];
  /** By number: whether it was ever said to be at more than one place. */
  readonly #moved: boolean[] = [];
  readonly #metas: Uint8Array[] = [];

  /** Takes those, all alive, for known by everybody. Before any table is made. */
  know(nodes: readonly PushNodeState[], nowMs: number): void {
    for (const { name, addr, port, meta, vsn, incarnation } of nodes) {
      const number = this.claim(name);
      const entry = emptyEntry(name, this.place(number, addr!, port), nowMs);
      const kind = this.kinds.find(vsn)!;
      Object.assign(entry, { ...kind, incarnation, state: 'alive', meta: meta ?? NO_BYTES });
      this.known[number] = entry;
    }
  }

  numberOf(name: string): number | undefined {
    return this.#numbers.get(name);
  }

  /** The number of a name, a new one if it has none. */
  claim(name: string): number {
    let number = this.#numbers.get(name);
    if (number === undefined) this.#numbers.set(name, (number = this.#numbers.size));
    return number;
  }

  /** One object for all who were told the same last. */
  place(number: number, addr: Uint8Array, port: number): Place {
    const last = this.#places[number];
    if (last !== undefined && last.address.port === port && sameBytes(last.addr, addr)) return last;
    this.#moved[number] = last !== undefined;
    return (this.#places[number] = { addr: addr.slice(), address: { ip: formatIp(addr)!, port } });
  }

  /** Whether all that know it know it there. */
  isOnlyAt(number: number, addr: Uint8Array, port: number): boolean {
    const place = this.#places[number];
    if (place === undefined || this.#moved[number] || place.address.port !== port) return false;
    return place.addr === addr || sameBytes(place.addr, addr);
  }

  meta(number: number, meta: Uint8Array): Uint8Array {
    if (meta.length === 0) return NO_BYTES;
    const last = this.#metas[number];
    return last !== undefined && sameBytes(last, meta) ? last : (this.#metas[number] = meta.slice());
  }
}

/**
 * The table of one member of many in a process. It holds entries of its own only where they differ from what all know, and
 * the order as numbers: ten thousand tables of ten thousand members take some hundred megabytes.
 */
export class SharedTable implements MemberTable {
  readonly #shared: SharedMembers;
  readonly #random: Random;
  readonly #self: string;
  /** By number. `null` is forgotten, a hole is as all know it. */
  readonly #own: (MemberEntry | null | undefined)[] = [];
  readonly #suspects = new Set<MemberEntry>();
  /** Numbers of those in {@link SharedMembers.known} that count for this table. */
  readonly #knownCount: number;
  #order: Uint32Array;
  /** By number, of others that are in the table; 0 is unknown. It is small, so what is old is known without the entry. */
  #incarnations: Uint32Array;
  #size: number;

  /** The table of `self`. `knowsAll`: everybody that is {@link SharedMembers.known}, otherwise nobody. */
  constructor(self: string, shared: SharedMembers, random: Random, knowsAll: boolean) {
    this.#self = self;
    this.#shared = shared;
    this.#random = random;
    this.#knownCount = knowsAll ? shared.known.length : 0;
    this.#size = this.#knownCount;
    this.#order = Uint32Array.from({ length: this.#size }, (_, number) => number);
    const incarnations = Uint32Array.from({ length: this.#size }, (_, i) => shared.known[i]!.incarnation);
    const own = shared.numberOf(self);
    if (own !== undefined && own < this.#size) incarnations[own] = 0;
    this.#incarnations = incarnations;
    this.#shuffle();
  }

  get size(): number {
    return this.#size;
  }

  get suspects(): Iterable<MemberEntry> {
    return this.#suspects;
  }

  get entries(): Iterable<MemberEntry> {
    return this.#walk();
  }

  get(name: string): MemberEntry | undefined {
    const number = this.#shared.numberOf(name);
    return number === undefined ? undefined : this.#byNumber(number);
  }

  at(index: number): MemberEntry | undefined {
    return index < this.#size ? this.#byNumber(this.#order[index]!) : undefined;
  }

  insert(name: string, addr: Uint8Array, port: number, nowMs: number): MemberEntry {
    const number = this.#shared.claim(name);
    const entry = emptyEntry(name, this.#shared.place(number, addr, port), nowMs);
    this.#own[number] = entry;
    const at = this.#random.nextInt(this.#size + 1);
    if (this.#size === this.#order.length) {
      this.#order = resized(this.#order, this.#size + 64 + (this.#size >> 3));
    }
    this.#order[this.#size] = number;
    this.#swap(at, this.#size++);
    return entry;
  }

  /**
   * Whether a message of a well-behaved member has no effect on this table, because newer news were heard. Not all such are
   * found, none is found wrongly.
   */
  isOld(message: PacketMessage): boolean {
    if (message.type !== 'alive' && message.type !== 'suspect' && message.type !== 'dead') return false;
    const number = this.#shared.numberOf(message.node);
    const incarnation = number === undefined ? 0 : (this.#incarnations[number] ?? 0);
    if (message.type !== 'alive') return message.incarnation < incarnation;
    return message.incarnation <= incarnation && this.#shared.isOnlyAt(number!, message.addr, message.port);
  }

  setIncarnation(entry: MemberEntry, incarnation: number): void {
    entry.incarnation = incarnation;
    if (entry.name === this.#self) return;
    const number = this.#shared.numberOf(entry.name)!;
    if (number >= this.#incarnations.length) {
      this.#incarnations = resized(this.#incarnations, number + 1 + (number >> 3));
    }
    this.#incarnations[number] = incarnation;
  }

  own(entry: MemberEntry): MemberEntry {
    const number = this.#shared.numberOf(entry.name)!;
    return (this.#own[number] ??= { ...entry });
  }

  setPlace(entry: MemberEntry, addr: Uint8Array, port: number): void {
    Object.assign(entry, this.#shared.place(this.#shared.numberOf(entry.name)!, addr, port));
  }

  setMeta(entry: MemberEntry, meta: Uint8Array): void {
    entry.meta = this.#shared.meta(this.#shared.numberOf(entry.name)!, meta);
  }

  setVersions(entry: MemberEntry, vsn: Uint8Array | null): void {
    if (entry.vsn === vsn) return;
    const kind = this.#shared.kinds.find(vsn);
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
    for (let i = 0; i < this.#size; i++) {
      const number = this.#order[i]!;
      const own = this.#own[number];
      // Only own ones can be gone.
      if (own && own.name !== keep && isForgettable(own, nowMs, olderThanMs)) {
        this.setSuspicion(own, undefined);
        this.#own[number] = null;
        this.#incarnations[number] = 0;
      } else {
        this.#order[kept++] = number;
      }
    }
    this.#size = kept;
    this.#shuffle();
  }

  pick(count: number, accepts: (entry: MemberEntry) => boolean): MemberEntry[] {
    return pickMembers(this, this.#random, count, accepts);
  }

  #byNumber(number: number): MemberEntry | undefined {
    const own = this.#own[number];
    if (own !== undefined) return own ?? undefined;
    return number < this.#knownCount ? this.#shared.known[number] : undefined;
  }

  *#walk(): Iterable<MemberEntry> {
    for (let i = 0; i < this.#size; i++) yield this.#byNumber(this.#order[i]!)!;
  }

  #shuffle(): void {
    for (let i = this.#size - 1; i > 0; i--) this.#swap(i, this.#random.nextInt(i + 1));
  }

  #swap(a: number, b: number): void {
    const number = this.#order[a]!;
    this.#order[a] = this.#order[b]!;
    this.#order[b] = number;
  }
}

function resized(numbers: Uint32Array, length: number): Uint32Array {
  const longer = new Uint32Array(length);
  longer.set(numbers);
  return longer;
}
