/** Status of a member as gossip tells it; a member that was reaped is in no list any more. */
export type MemberStatus = 'alive' | 'leaving' | 'left' | 'failed' | 'none';

/** A member as gossip knows it: the shape of `@dkron/gossip`. */
export interface GossipMember {
  readonly name: string;
  readonly address: { readonly ip: string; readonly port: number };
  readonly tags: Readonly<Record<string, string>>;
  readonly status: MemberStatus;
}
