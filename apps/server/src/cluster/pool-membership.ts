import type { NodeMember, SeenServer } from '@dkron/cluster';
import { decodeNodeMember, formationView, serversOf } from '@dkron/cluster';
import type { GossipNode, Member as PoolMember } from '@dkron/gossip';
import type { Member } from '@dkron/jobs';
import type { Membership } from '@dkron/scheduler';

/** What is read of gossip. */
export type Pool = Pick<GossipNode, 'members' | 'member' | 'on'>;

/** Who is in the cluster, as gossip knows it. The list is made anew only when something changed. */
export class PoolMembership implements Membership {
  readonly #own: Member;
  #pool: Pool | undefined;
  #members: readonly Member[] | undefined;

  /** @param own this node, until gossip has begun */
  constructor(own: Member) {
    this.#own = own;
  }

  /** From now on, what this pool says. */
  attach(pool: Pool): void {
    this.#pool = pool;
    this.#members = undefined;
    pool.on('memberChange', () => (this.#members = undefined));
  }

  members(): readonly Member[] {
    this.#members ??= this.#pool?.members().map(toMember) ?? [this.#own];
    return this.#members;
  }

  self(): Member {
    const self = this.#pool?.member(this.#own.name);
    return self === undefined ? this.#own : toMember(self);
  }

  /** Servers of a region, whatever their status, this node among them. */
  servers(region: string): readonly NodeMember[] {
    return serversOf(this.#pool?.members() ?? [], region);
  }

  /** The servers of a region without this one, as formation sees them: also those that do not call themselves so yet. */
  others(region: string): SeenServer[] {
    return formationView(this.#pool?.members() ?? [], region, this.#own.name);
  }

  /** Where the gRPC of a node is reached now; `''` while that is not known. */
  rpcAddress(name: string): string {
    const member = this.#pool?.member(name);
    return member === undefined ? '' : (decodeNodeMember(member)?.rpcAddress ?? '');
  }

  /** Tags of this node changed. */
  changed(): void {
    this.#members = undefined;
  }
}

function toMember({ name, address, tags, status }: PoolMember): Member {
  return { name, addr: address.ip, port: address.port, tags, status };
}
