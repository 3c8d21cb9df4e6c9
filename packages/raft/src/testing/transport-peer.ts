import { createMessage } from '../core/message.ts';
import type { Message } from '../core/message.ts';
import type { NodeId } from '../core/types.ts';
import { judgeHandshake } from '../transport/handshake.ts';
import type { Handshake, HandshakeFacts, HandshakeVerdict, StreamPurpose } from '../transport/handshake.ts';
import type {
  SnapshotHeader,
  SnapshotIntake,
  Transport,
  TransportHandler,
  UnreachableReason,
} from '../transport/transport.ts';

/** A server as a transport sees it: says who it is, judges by the rules, remembers what it was told. */
export class TransportPeer implements TransportHandler {
  readonly id: NodeId;
  readonly transport: Transport;
  /** What is said in handshakes and known of others; a test changes it. */
  said: Partial<Handshake> = {};
  facts: Partial<HandshakeFacts> = {};
  /** Decides what a message's promise is; default: none. */
  onMessages: (messages: readonly Message[]) => Promise<void> | undefined = () => undefined;
  onSnapshot: (header: SnapshotHeader) => Promise<SnapshotIntake> = () => Promise.reject(new Error('not now'));
  readonly received: Message[] = [];
  readonly batches: number[] = [];
  readonly connections: string[] = [];
  readonly lost: { readonly id: NodeId; readonly reason: UnreachableReason }[] = [];
  readonly judged: HandshakeVerdict[] = [];
  readonly #connected = new Map<NodeId, { readonly boot: string; streams: number }>();
  readonly #waiting = new Set<() => void>();

  constructor(id: NodeId, transport: Transport) {
    this.id = id;
    this.transport = transport;
    transport.setHandler(this);
  }

  handshake(to: NodeId): Handshake {
    const own = {
      clusterId: 'c1',
      region: 'global',
      from: this.id,
      to,
      birth: `birth-${this.id}`,
      toBirth: '',
      boot: `boot-${this.id}`,
      wireMin: 1,
      wireMax: 1,
      featureMax: 1,
      software: 'test 1',
      lastTerm: 0,
      lastIndex: 0,
    };
    return { ...own, ...this.said };
  }

  async judge(handshake: Handshake, purpose: StreamPurpose): Promise<HandshakeVerdict> {
    const connectedBoot = this.bootOf(handshake.from);
    const facts = { purpose, ...(connectedBoot === undefined ? {} : { connectedBoot }), ...this.facts };
    const verdict = judgeHandshake(this.handshake(handshake.from), handshake, facts);
    this.judged.push(verdict);
    this.#changed();
    return verdict;
  }

  connected(peer: Handshake): void {
    const known = this.#connected.get(peer.from);
    if (known?.boot === peer.boot) known.streams += 1;
    else this.#connected.set(peer.from, { boot: peer.boot, streams: 1 });
    this.connections.push(`+${peer.from} ${peer.boot}`);
    this.#changed();
  }

  disconnected(id: NodeId, boot: string): void {
    const known = this.#connected.get(id);
    if (known?.boot === boot) known.streams -= 1;
    if (known?.streams === 0) this.#connected.delete(id);
    this.connections.push(`-${id} ${boot}`);
    this.#changed();
  }

  message(from: NodeId, messages: readonly Message[]): Promise<void> | undefined {
    this.received.push(...messages);
    this.batches.push(messages.length);
    const pending = this.onMessages(messages);
    this.#changed();
    return pending;
  }

  snapshot(from: NodeId, header: SnapshotHeader): Promise<SnapshotIntake> {
    return this.onSnapshot(header);
  }

  unreachable(id: NodeId, reason: UnreachableReason): void {
    this.lost.push({ id, reason });
    this.#changed();
  }

  /** Boot of the peer that is connected now. */
  bootOf(id: NodeId): string | undefined {
    return this.#connected.get(id)?.boot;
  }

  /** Resolves once `holds` is true; asked again whenever anything was told. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.#change();
  }

  send(to: TransportPeer | { readonly id: NodeId; readonly addr: string }, ...messages: Message[]): void {
    const addr = to instanceof TransportPeer ? to.transport.localAddr() : to.addr;
    this.transport.send(to.id, addr, messages);
  }

  /** Sends a heartbeat with this commit. */
  beat(to: TransportPeer | { readonly id: NodeId; readonly addr: string }, commit: number): void {
    this.send(to, createMessage({ type: 'Heartbeat', from: this.id, to: to.id, term: 1, commit }));
  }

  /** Sends heartbeats, as a leader does, until `other` has had something from here. */
  async reach(other: TransportPeer, holds: () => boolean): Promise<void> {
    while (!holds()) {
      this.beat(other, 999);
      await Promise.race([this.#change(), other.#change()]);
    }
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        resolve();
      };
      this.#waiting.add(wake);
    });
  }

  #changed(): void {
    const waiting = Array.from(this.#waiting);
    for (const wake of waiting) wake();
  }
}
