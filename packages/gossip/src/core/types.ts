/** What the failure detector holds of a node. `left` means it said goodbye, `dead` that it went silent. */
export type NodeState = 'alive' | 'suspect' | 'dead' | 'left';

/** The states in the order of their numbers on the wire: 0 alive, 1 suspect, 2 dead, 3 left. */
export const NODE_STATES: readonly NodeState[] = ['alive', 'suspect', 'dead', 'left'];

/** What the Serf layer tells of a member. */
export type MemberStatus = 'none' | 'alive' | 'leaving' | 'left' | 'failed';

/** The statuses in the order of their numbers on the wire. */
export const MEMBER_STATUSES: readonly MemberStatus[] = ['none', 'alive', 'leaving', 'left', 'failed'];

/** Key-value pairs that a member publishes of itself. Encoded they may take {@link META_MAX_BYTES}. */
export type Tags = Readonly<Record<string, string>>;

/** Where a member listens, for packets and streams alike. */
export interface Address {
  /** IP address as text, without brackets or zone. IPv4 is never written as mapped IPv6. */
  readonly ip: string;
  /** 1–65535. */
  readonly port: number;
}

/**
 * What a node speaks and understands. A peer is compatible when its current version lies within what all others
 * understand. Memberlist's versions decide features: TCP pings from 3, nacks from 4, checksums from 5.
 */
export interface ProtocolVersions {
  /** Memberlist: least and greatest version understood, and the one spoken. */
  readonly protocolMin: number;
  readonly protocolMax: number;
  readonly protocolCurrent: number;
  /** The same of Serf, which memberlist calls its delegate. */
  readonly delegateMin: number;
  readonly delegateMax: number;
  readonly delegateCurrent: number;
}

/** A member as users see it. */
export interface Member {
  /** Unique in the pool, case-sensitive, 1–{@link NAME_MAX_BYTES} bytes of UTF-8. */
  readonly name: string;
  readonly address: Address;
  readonly tags: Tags;
  readonly status: MemberStatus;
  readonly versions: ProtocolVersions;
}

/** Longest node name we accept. Our own bound: the originals have none unless name validation is on. */
export const NAME_MAX_BYTES = 255;

/** Longest encoded tags. Peers refuse more. */
export const META_MAX_BYTES = 512;

/** Versions as every message carries them. Peers of Dkron's generation crash on fewer than six bytes. */
export const VERSIONS_BYTES = 6;

/** What this implementation speaks: memberlist 2 of 1–5, and as Dkron does Serf 4 of 2–5. */
export const OUR_VERSIONS: ProtocolVersions = {
  protocolMin: 1,
  protocolMax: 5,
  protocolCurrent: 2,
  delegateMin: 2,
  delegateMax: 5,
  delegateCurrent: 4,
};

/** Least `protocolMax` of a peer that answers pings over TCP. */
export const PROTOCOL_TCP_PING = 3;
/** Least `protocolMax` of a peer that sends and understands nacks. */
export const PROTOCOL_NACK = 4;
/** Least `protocolMax` of a peer that reads checksums, and that relays queries. */
export const PROTOCOL_CHECKSUM = 5;

/** The six bytes on the wire: minimum, maximum and current of memberlist, then of Serf. */
export function encodeVersions(versions: ProtocolVersions): Uint8Array {
  return Uint8Array.of(
    versions.protocolMin,
    versions.protocolMax,
    versions.protocolCurrent,
    versions.delegateMin,
    versions.delegateMax,
    versions.delegateCurrent,
  );
}

/** `undefined` unless there are exactly six bytes. Whether they make sense is for the state machine to judge. */
export function decodeVersions(bytes: Uint8Array | null): ProtocolVersions | undefined {
  if (bytes === null || bytes.length !== VERSIONS_BYTES) return undefined;
  return {
    protocolMin: bytes[0]!,
    protocolMax: bytes[1]!,
    protocolCurrent: bytes[2]!,
    delegateMin: bytes[3]!,
    delegateMax: bytes[4]!,
    delegateCurrent: bytes[5]!,
  };
}
