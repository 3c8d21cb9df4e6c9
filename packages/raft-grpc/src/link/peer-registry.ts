import type { Handshake, HandshakeVerdict, NodeId, TransportHandler } from '@dkron/raft';
import type { Timers } from '@dkron/runtime';

/** Handshakes of one peer that may wait for each other. */
const MAX_WAITING = 16;

interface Peer {
  readonly streams: Set<OpenStream>;
  /** Ends when the handshakes before have been judged. */
  judging: Promise<unknown>;
  waiting: number;
}

/** An accepted stream, in either direction. */
export interface OpenStream {
  readonly peer: Handshake;
  readonly kind: 'outgoing' | 'incoming' | 'snapshot';
  end(why: string): void;
}

/**
 * The accepted streams of all peers, and the handler's picture of who is connected. Handshakes of one peer are judged
 * one after the other, so that two boots that come at once do not both find nobody connected.
 */
export class PeerRegistry {
  readonly #peers = new Map<NodeId, Peer>();
  /** Boots that the handler holds for connected: it is told of the first stream of each, and of the end of the last. */
  readonly #told = new Map<NodeId, Set<string>>();
  readonly #timers: Timers;
  #handler: TransportHandler | undefined;

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  setHandler(handler: TransportHandler | undefined): void {
    this.#handler = handler;
  }

  /** Judges by `judge` and, if it accepts, notes the stream that `open` makes before the next handshake is judged. */
  async admit(
    id: NodeId,
    judge: () => Promise<HandshakeVerdict>,
    open: () => OpenStream | undefined,
  ): Promise<HandshakeVerdict> {
    const peer = this.#peers.get(id) ?? { streams: new Set(), judging: Promise.resolve(), waiting: 0 };
    if (peer.waiting >= MAX_WAITING) {
      return { accepted: false, code: 'second_boot', message: `${id} opens streams faster than they are judged` };
    }
    this.#peers.set(id, peer);
    peer.waiting += 1;
    const before = peer.judging;
    const judged = before.then(judge).then((verdict) => {
      const stream = verdict.accepted ? open() : undefined;
      if (stream !== undefined) this.#add(peer, stream);
      return verdict;
    });
    peer.judging = judged.catch(() => {});
    try {
      return await judged;
    } finally {
      peer.waiting -= 1;
      this.#tidy(id, peer);
    }
  }

  remove(stream: OpenStream): void {
    const { from, boot } = stream.peer;
    const peer = this.#peers.get(from);
    if (peer === undefined || !peer.streams.delete(stream)) return;
    this.#tidy(from, peer);
    // In a turn of its own: a stream may end inside a call of the handler's owner.
    this.#timers.nextTurn(() => {
      const streams = [...(this.#peers.get(from)?.streams ?? [])];
      const told = this.#told.get(from);
      if (streams.some((other) => other.peer.boot === boot) || told?.delete(boot) !== true) return;
      if (told.size === 0) this.#told.delete(from);
      this.#handler?.disconnected(from, boot);
    });
  }

  /** Ends the streams of a peer, or of all. */
  endAll(why: string, id?: NodeId): void {
    for (const [name, { streams }] of this.#peers) {
      if (id === undefined || id === name) for (const stream of streams) stream.end(why);
    }
  }

  #add(peer: Peer, stream: OpenStream): void {
    const older = [...peer.streams].filter(
      ({ kind, peer: { boot } }) => kind === 'incoming' && stream.kind === 'incoming' && boot === stream.peer.boot,
    );
    peer.streams.add(stream);
    this.#tell(stream.peer);
    // A peer has one stream to us: what it opened before is dead, it only does not know here yet.
    for (const dead of older) dead.end('replaced by a newer stream');
  }

  #tell(peer: Handshake): void {
    const told = this.#told.get(peer.from) ?? new Set();
    if (told.has(peer.boot)) return;
    this.#told.set(peer.from, told.add(peer.boot));
    this.#handler?.connected(peer);
  }

  #tidy(id: NodeId, peer: Peer): void {
    if (peer.waiting === 0 && peer.streams.size === 0) this.#peers.delete(id);
  }
}
