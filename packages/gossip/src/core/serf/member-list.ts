import type { NodeView } from '../swim/effects.ts';
import { type Member, type MemberStatus, type ProtocolVersions, type Tags } from '../types.ts';
import { decodeTags } from '../wire/tags.ts';
import { WireError } from '../errors.ts';

/** What the Serf layer holds of a member. */
export interface MemberState {
  readonly name: string;
  /** As SWIM saw it last. */
  node: NodeView;
  tags: Tags;
  readonly status: MemberStatus;
  /** Lamport time of the intent behind the status. */
  statusLamportTime: number;
  /** When it failed or left, or began to leave. */
  goneMs: number;
  /** It left, and its intent to join again was heard at this time, before SWIM found it. */
  returningMs: number;
}

type Changeable = { -readonly [K in keyof MemberState]: MemberState[K] };

const NO_VERSIONS: ProtocolVersions = {
  protocolMin: 0,
  protocolMax: 0,
  protocolCurrent: 0,
  delegateMin: 0,
  delegateMax: 0,
  delegateCurrent: 0,
};

/** As users see it. */
export function memberOf({ name, node, tags, status }: MemberState): Member {
  return { name, address: node.address, tags, status, versions: node.versions ?? NO_VERSIONS };
}

/** Tags as far as they can be read: none of damaged ones. */
export function readTags(meta: Uint8Array): Tags {
  try {
    return decodeTags(meta);
  } catch (error) {
    if (error instanceof WireError) return {};
    throw error;
  }
}

/** Members by name, and in the order in which they went those that failed and those that left. */
export class MemberList {
  readonly #all = new Map<string, MemberState>();
  readonly #failed = new Map<string, MemberState>();
  readonly #left = new Map<string, MemberState>();

  get size(): number {
    return this.#all.size;
  }

  /** Alive or leaving. */
  get presentCount(): number {
    return this.#all.size - this.#failed.size - this.#left.size;
  }

  get failedCount(): number {
    return this.#failed.size;
  }

  get(name: string): MemberState | undefined {
    return this.#all.get(name);
  }

  all(): Iterable<MemberState> {
    return this.#all.values();
  }

  failed(): Iterable<MemberState> {
    return this.#failed.values();
  }

  left(): Iterable<MemberState> {
    return this.#left.values();
  }

  /** The one that left first, or else failed first. */
  oldestGone(): MemberState | undefined {
    for (const member of this.#left.values()) return member;
    for (const member of this.#failed.values()) return member;
    return undefined;
  }

  add(node: NodeView, status: MemberStatus, statusLamportTime: number): MemberState {
    const { name } = node;
    const member = {
      name,
      node,
      tags: readTags(node.meta),
      status,
      statusLamportTime,
      goneMs: 0,
      returningMs: -Infinity,
    };
    this.#all.set(name, member);
    return member;
  }

  setStatus(member: MemberState, status: MemberStatus, nowMs: number): void {
    const { name } = member;
    const wasGone = this.#failed.delete(name) || this.#left.delete(name);
    (member as Changeable).status = status;
    member.returningMs = -Infinity;
    if (status === 'failed') this.#failed.set(name, member);
    else if (status === 'left') this.#left.set(name, member);
    else if (status !== 'leaving') return;
    // A failed member that is made to leave has been gone since it failed.
    if (!wasGone) member.goneMs = nowMs;
  }

  erase(name: string): void {
    this.#all.delete(name);
    this.#failed.delete(name);
    this.#left.delete(name);
  }
}
