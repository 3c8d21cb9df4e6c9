import type { NodeId } from '../core/types.ts';

/** What a stream is for. Formation streams exist before there is a cluster. */
export type StreamPurpose = 'raft' | 'snapshot' | 'formation';

/** First message of every stream, in both directions. */
export interface Handshake {
  /** 128 bits as lower-case hex; `''` while the server belongs to no cluster. */
  readonly clusterId: string;
  readonly region: string;
  readonly from: NodeId;
  readonly to: NodeId;
  /** Drawn when the sender started on an empty data folder; lower-case hex. */
  readonly birth: string;
  /** Birth that the sender's configuration holds for `to`; `''` if it holds none. */
  readonly toBirth: string;
  /** Drawn at each start of the sender's process; lower-case hex. */
  readonly boot: string;
  /** Versions of the wire protocol that the sender speaks. */
  readonly wireMin: number;
  readonly wireMax: number;
  /** Highest feature level that the sender's software knows. */
  readonly featureMax: number;
  /** Name and version, for people. */
  readonly software: string;
  /**
   * For how long, in milliseconds, the sender at least keeps to a leader that fell silent: leases must end before. Absent
   * where it is not known.
   */
  readonly leaderWaitMs?: number;
  /** Last entry of the sender's durable log. */
  readonly lastTerm: number;
  readonly lastIndex: number;
}

/** What the secure channel says of the other side; all absent without one. */
export interface PeerIdentity {
  /** Names of the certificate: `role/region/name`. */
  readonly names?: readonly string[];
  readonly address?: string;
}

/** Whether this peer may open this stream; a text says why not. */
export type Authorize = (identity: PeerIdentity, handshake: Handshake) => true | string;

/** Everybody may, which is right only where the network is trusted. */
export const authorizeAll: Authorize = () => true;

/** Secrets of a transport. Their form is the transport's business; absent ones mean an unprotected channel. */
export interface TransportCredentials {
  /** PEM. */
  readonly certificate?: Uint8Array;
  readonly privateKey?: Uint8Array;
  readonly authorities?: Uint8Array;
}

/** Why a stream was refused; the message beside it says what to do. */
export type HandshakeRefusal =
  | 'foreign_cluster'
  | 'foreign_region'
  | 'wrong_server'
  | 'no_cluster'
  | 'amnesia'
  | 'second_boot'
  | 'wire_version'
  | 'feature_level'
  | 'log_regressed'
  | 'unauthorized';

/** Whether a stream may go on. */
export type HandshakeVerdict =
  /** `wire` is the highest version both speak. */
  | { readonly accepted: true; readonly wire: number }
  /** `message` is for the operator and says what to type. */
  | { readonly accepted: false; readonly code: HandshakeRefusal; readonly message: string };

/** What is known of the sender before it speaks. */
export interface HandshakeFacts {
  readonly purpose: StreamPurpose;
  /** Birth of the sender in our configuration; absent if it is no member or none is recorded. */
  readonly configuredBirth?: string;
  /** Boot of the sender's streams that are open now. */
  readonly connectedBoot?: string;
  /** Boot of the last stream accepted from the sender. A log can only regress in a restart. */
  readonly lastBoot?: string;
  /** Highest index that the sender acknowledged to us as leader in this term. */
  readonly acknowledgedIndex?: number;
  /** Feature level of the cluster. */
  readonly featureLevel?: number;
  /** Verdict of `authorize`. */
  readonly authorized?: true | string;
}

/** Judges the first message of a stream. Pure. `own` is what we would send to its sender. */
export function judgeHandshake(own: Handshake, handshake: Handshake, facts: HandshakeFacts): HandshakeVerdict {
  const code = findRefusal(own, handshake, facts);
  if (code === undefined) return { accepted: true, wire: Math.min(own.wireMax, handshake.wireMax) };
  return { accepted: false, code, message: explain(code, own, handshake, facts) };
}

function findRefusal(own: Handshake, peer: Handshake, facts: HandshakeFacts): HandshakeRefusal | undefined {
  const { purpose, configuredBirth, connectedBoot, lastBoot, acknowledgedIndex = 0 } = facts;
  if (peer.region !== own.region) return 'foreign_region';
  if (peer.to !== own.from || (peer.toBirth !== '' && peer.toBirth !== own.birth)) return 'wrong_server';
  if (facts.authorized !== undefined && facts.authorized !== true) return 'unauthorized';
  // Its acknowledgements and votes would pass for our own, which count when our disk has them.
  if (peer.from === own.from && purpose !== 'formation') return 'second_boot';
  if (Math.min(own.wireMax, peer.wireMax) < Math.max(own.wireMin, peer.wireMin)) return 'wire_version';
  if (purpose !== 'formation') {
    if (peer.clusterId === '') return 'no_cluster';
    // A fresh server follows whoever calls it by name and birth.
    if (own.clusterId !== '' && peer.clusterId !== own.clusterId) return 'foreign_cluster';
    if (own.clusterId === '' && peer.toBirth !== own.birth) return 'no_cluster';
    if (peer.featureMax < (facts.featureLevel ?? 0)) return 'feature_level';
  }
  if (configuredBirth !== undefined && configuredBirth !== '' && peer.birth !== configuredBirth) return 'amnesia';
  if (connectedBoot !== undefined && peer.boot !== connectedBoot) return 'second_boot';
  if (peer.boot !== lastBoot && peer.lastIndex < acknowledgedIndex) return 'log_regressed';
  return undefined;
}

function explain(code: HandshakeRefusal, own: Handshake, peer: Handshake, facts: HandshakeFacts): string {
  const who = `server ${peer.from}`;
  const remove = `type: dkron raft remove-peer --peer-id ${peer.from}`;
  switch (code) {
    case 'foreign_region':
      return `${who} is of region ${peer.region}, this one of ${own.region}; correct the setting region or its join targets`;
    case 'foreign_cluster':
      return `${who} belongs to cluster ${peer.clusterId}, this one to ${own.clusterId}; to move it here, stop it, move its raft folder aside and start it again`;
    case 'no_cluster':
      return own.clusterId === ''
        ? `this server belongs to no cluster yet and ${who} does not name its birth ${own.birth}; let it be added first`
        : `${who} belongs to no cluster yet; it is added by the leader once it has joined`;
    case 'wrong_server':
      // Who has a cluster of its own was not emptied: the address was given to it.
      return peer.to === own.from && own.clusterId === ''
        ? `${who} knows ${own.from} with other data (birth ${peer.toBirth}, here it is ${own.birth}), so this server, whose data-dir was empty, could vote twice; give it its data-dir back, or type: dkron raft remove-peer --peer-id ${own.from}, then it is added anew by itself`
        : `${who} looks for ${peer.to} (birth ${peer.toBirth || 'any'}), this is ${own.from} (birth ${own.birth}); correct the address it has`;
    case 'unauthorized':
      return `${who} is not authorized: ${String(facts.authorized)}`;
    case 'wire_version':
      return `${who} speaks wire versions ${peer.wireMin} to ${peer.wireMax}, this one ${own.wireMin} to ${own.wireMax}; upgrade the older one`;
    case 'feature_level':
      return `${who} (${peer.software}) knows features up to ${peer.featureMax}, the cluster is at ${facts.featureLevel ?? 0}; upgrade it`;
    case 'amnesia':
      return `${who} came back without its data (birth ${peer.birth}, configured is ${facts.configuredBirth}), so it could vote twice; ${remove} and it is added anew by itself`;
    case 'second_boot':
      return peer.from === own.from
        ? `another process calls itself ${peer.from}, as this one does; stop one of them, or give it another name`
        : `a second process calls itself ${peer.from} while the first is connected; stop one of them, or give it another name`;
    case 'log_regressed':
      return `${who} acknowledged entries up to ${facts.acknowledgedIndex ?? 0} and came back with a log that ends at ${peer.lastIndex}; move its raft folder aside and ${remove}`;
  }
}
