import type { Handshake, HandshakeVerdict, StreamPurpose } from '../transport/handshake.ts';
import { judgeHandshake } from '../transport/handshake.ts';
import type { NodeId } from '../core/types.ts';

/** What the membership and the core say of a peer. */
export interface PeerFacts {
  readonly configuredBirth: string;
  /** What it acknowledged to this server as leader of the present term; 0 otherwise. */
  readonly acknowledgedIndex: number;
  readonly featureLevel: number;
}

interface Connected {
  readonly boot: string;
  streams: number;
}

/** Which processes the peers' streams belong to. */
export class PeerBook {
  readonly #connected = new Map<NodeId, Connected>();
  readonly #lastBoot = new Map<NodeId, string>();
  readonly #waits = new Map<NodeId, number>();

  /** The least time for which a peer keeps to a silent leader, of those who told it. */
  get leastWaitMs(): number {
    return Math.min(...this.#waits.values());
  }

  judge(own: Handshake, peer: Handshake, purpose: StreamPurpose, facts: PeerFacts): HandshakeVerdict {
    const connectedBoot = this.#connected.get(peer.from)?.boot;
    const lastBoot = this.#lastBoot.get(peer.from);
    return judgeHandshake(own, peer, {
      purpose,
      ...facts,
      ...(connectedBoot === undefined ? {} : { connectedBoot }),
      ...(lastBoot === undefined ? {} : { lastBoot }),
    });
  }

  connected({ from, boot, leaderWaitMs }: Handshake): void {
    if (leaderWaitMs === undefined) this.#waits.delete(from);
    else this.#waits.set(from, leaderWaitMs);
    this.#lastBoot.set(from, boot);
    const known = this.#connected.get(from);
    if (known?.boot === boot) known.streams += 1;
    else this.#connected.set(from, { boot, streams: 1 });
  }

  disconnected(id: NodeId, boot: string): void {
    const known = this.#connected.get(id);
    if (known?.boot !== boot) return;
    known.streams -= 1;
    if (known.streams === 0) this.#connected.delete(id);
  }

  /** A removed server may come back as another. */
  forget(id: NodeId): void {
    this.#lastBoot.delete(id);
    this.#waits.delete(id);
  }
}
