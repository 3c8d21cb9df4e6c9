import type { Message } from '../core/message.ts';
import type { NodeId } from '../core/types.ts';
import type { Handshake } from './handshake.ts';
import type { LoopbackNetwork, LoopbackTransport } from './loopback.ts';
import { OutboundQueue } from './outbound-queue.ts';
import type { PeerConnection } from './transport.ts';

const FRAME_BYTES = 256 * 1024;

/** The way from one transport to a peer. */
export class LoopbackLink {
  readonly addr: string;
  readonly #id: NodeId;
  readonly #network: LoopbackNetwork;
  readonly #from: LoopbackTransport;
  readonly #queue: OutboundQueue;
  #peer: LoopbackTransport | undefined;
  /** What both sides said of themselves when the link was made. */
  #greeting: { readonly own: Handshake; readonly peer: Handshake } | undefined;
  #refusal: PeerConnection['refusal'];
  #pumping = false;
  #closed = false;

  constructor(network: LoopbackNetwork, from: LoopbackTransport, id: NodeId, addr: string) {
    this.#network = network;
    this.#from = from;
    this.#id = id;
    this.addr = addr;
    this.#queue = new OutboundQueue({ maxBytes: network.options.maxQueueBytes });
  }

  send(messages: readonly Message[]): void {
    const kept = this.#queue.push(messages);
    if (!kept) this.#unreachable('overflow');
    if (this.#pumping || this.#closed) return;
    this.#pumping = true;
    this.#network.timers.nextTurn(() => void this.#pump());
  }

  /** The peer's process ended. As over a wire, it is dialled again at once, and nobody listens. */
  peerClosed(): void {
    const wasConnected = this.#greeting !== undefined;
    this.#reset();
    if (wasConnected && !this.#closed) this.#unreachable('refused');
  }

  /** The next message greets anew. */
  #reset(): void {
    if (this.#greeting !== undefined && this.#from.listening) {
      this.#from.handler.disconnected(this.#id, this.#greeting.peer.boot);
    }
    this.#greeting = undefined;
    this.#peer = undefined;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#queue.clear();
    const { own } = this.#greeting ?? {};
    if (own !== undefined && this.#peer?.listening === true) this.#peer.handler.disconnected(own.from, own.boot);
    this.#reset();
  }

  view(): PeerConnection {
    const state = this.#greeting !== undefined ? 'connected' : this.#refusal !== undefined ? 'refused' : 'idle';
    const { size: queuedMessages, bytes: queuedBytes, dropped } = this.#queue;
    const refusal = this.#refusal === undefined ? {} : { refusal: this.#refusal };
    return { id: this.#id, addr: this.addr, state, queuedMessages, queuedBytes, dropped, ...refusal };
  }

  async #pump(): Promise<void> {
    const peer = this.#network.at(this.addr);
    if (this.#network.isCut(this.#from.localAddr(), this.addr)) this.#queue.clear();
    else if (peer === undefined) this.#lose('refused');
    else if (await this.#dialled(peer)) this.#deliver(peer, this.#queue.take(FRAME_BYTES));
    else this.#lose('broken');
    this.#pumping = false;
    if (this.#queue.size > 0) this.send([]);
  }

  /** Greets the peer unless that was done. The accepting side judges first: it may learn its cluster by that. */
  async #dialled(peer: LoopbackTransport): Promise<boolean> {
    if (this.#peer === peer && this.#greeting !== undefined) return true;
    const own = this.#from.handler.handshake(this.#id);
    const verdict = await peer.handler.judge(own, 'raft');
    if (!verdict.accepted) return this.#refused(verdict.code, verdict.message);
    const answer = peer.handler.handshake(own.from);
    const ownVerdict = await this.#from.handler.judge(answer, 'raft');
    if (!ownVerdict.accepted) return this.#refused(ownVerdict.code, ownVerdict.message);
    if (this.#closed || !peer.listening) return false;
    this.#refusal = undefined;
    this.#peer = peer;
    this.#greeting = { own, peer: answer };
    peer.handler.connected(own);
    this.#from.handler.connected(answer);
    return true;
  }

  #refused(code: string, message: string): false {
    this.#refusal = { code, message };
    return false;
  }

  #deliver(peer: LoopbackTransport, messages: readonly Message[]): void {
    const now: Message[] = [];
    for (const message of messages) {
      const fate = this.#network.fate(message.from, message.to, message);
      if (fate === 'deliver') now.push(message);
      else if (fate !== 'drop') this.#network.timers.after(fate, () => this.#hand(peer, [message]));
    }
    this.#hand(peer, now);
  }

  #hand(peer: LoopbackTransport, messages: readonly Message[]): void {
    if (messages.length === 0 || !peer.listening || this.#closed) return;
    void peer.handler.message(this.#greeting?.own.from ?? '', messages);
  }

  #lose(reason: 'refused' | 'broken'): void {
    this.#queue.clear();
    this.#unreachable(reason);
  }

  #unreachable(reason: 'overflow' | 'refused' | 'broken'): void {
    this.#network.timers.nextTurn(() => {
      if (this.#from.listening) this.#from.handler.unreachable(this.#id, reason);
    });
  }
}
