import type { ConfState, NodeId } from '../core/types.ts';

/** Whether a member votes. */
export type Suffrage = 'voter' | 'nonvoter';

/** One server of the cluster. */
export interface Member {
  readonly id: NodeId;
  /** `staging` members are not told apart: a learner on its way to be voter is a nonvoter. */
  readonly suffrage: Suffrage;
  /** As configured; `''` if none was. The resolver has the last word. */
  readonly address: string;
  /** Birth of the server; `''` if none is recorded. */
  readonly birth: string;
}

/** What a membership change says of a server beside its suffrage. */
export interface MemberInfo {
  readonly address?: string;
  readonly birth?: string;
}

/** Facts about servers, by id, as of an applied index. Travels in snapshots and in the context of changes. */
export type MemberInfos = Readonly<Record<NodeId, MemberInfo>>;

/** Bytes for the context of a change; keys sorted, so that equal facts have equal bytes. */
export function encodeInfos(infos: MemberInfos): Uint8Array {
  const ids = Object.keys(infos).toSorted();
  if (ids.length === 0) return new Uint8Array(0);
  const sorted = ids.map((id) => [id, { address: infos[id]!.address ?? '', birth: infos[id]!.birth ?? '' }]);
  return new TextEncoder().encode(JSON.stringify(Object.fromEntries(sorted)));
}

/** Infos in a context; none when it holds anything else. */
export function decodeInfos(context: Uint8Array): MemberInfos {
  if (context.length === 0) return {};
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(context));
    return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).filter(isInfo)) : {};
  } catch {
    return {};
  }
}

function isInfo(entry: readonly [NodeId, unknown]): entry is [NodeId, MemberInfo] {
  const [, info] = entry;
  if (typeof info !== 'object' || info === null) return false;
  const { address = '', birth = '' } = info as Record<string, unknown>;
  return typeof address === 'string' && typeof birth === 'string';
}

/** Every id of a membership, sorted. */
export function idsOf(conf: ConfState): NodeId[] {
  const { voters, learners, votersOutgoing, learnersNext } = conf;
  return [...new Set([...voters, ...learners, ...votersOutgoing, ...learnersNext])].toSorted();
}

/** Whether the server votes in either half. */
export function isVoter(conf: ConfState, id: NodeId): boolean {
  return conf.voters.includes(id) || conf.votersOutgoing.includes(id);
}

/** Whether one server decides alone. */
export function isOnlyVoter({ voters, votersOutgoing }: ConfState): boolean {
  return voters.length === 1 && votersOutgoing.length === 0;
}

/** Addresses and births of the members, as of the applied index. */
export class MemberTable {
  #infos = new Map<NodeId, MemberInfo>();
  #conf: ConfState;
  #index: number;

  constructor(conf: ConfState, index: number, infos: MemberInfos) {
    this.#conf = conf;
    this.#index = index;
    this.#merge(infos);
  }

  /** Index of the last entry that changed the membership; 0 before the first. */
  get index(): number {
    return this.#index;
  }

  get conf(): ConfState {
    return this.#conf;
  }

  info(id: NodeId): MemberInfo {
    return this.#infos.get(id) ?? {};
  }

  /** A change was applied. Who is no member any more is forgotten. */
  apply(index: number, conf: ConfState, infos: MemberInfos): void {
    this.#index = index;
    this.#conf = conf;
    this.#merge(infos);
  }

  infos(): MemberInfos {
    return Object.fromEntries([...this.#infos].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  list(): Member[] {
    return idsOf(this.#conf).map((id) => {
      const { address = '', birth = '' } = this.info(id);
      return { id, suffrage: isVoter(this.#conf, id) ? 'voter' : 'nonvoter', address, birth };
    });
  }

  #merge(infos: MemberInfos): void {
    const ids = new Set(idsOf(this.#conf));
    for (const [id, info] of Object.entries(infos)) {
      const old = this.info(id);
      this.#infos.set(id, { address: info.address || old.address || '', birth: info.birth || old.birth || '' });
    }
    for (const id of this.#infos.keys()) if (!ids.has(id)) this.#infos.delete(id);
  }
}
