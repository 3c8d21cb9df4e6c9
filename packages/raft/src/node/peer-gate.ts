import { checkInteger } from '../core/arguments.ts';
import type { Message } from '../core/message.ts';
import type { NodeId } from '../core/types.ts';
import type { Handshake, HandshakeVerdict, StreamPurpose } from '../transport/handshake.ts';
import type { SnapshotHeader, SnapshotIntake, TransportHandler, UnreachableReason } from '../transport/transport.ts';
import type { EngineContext } from './engine-context.ts';
import type { Engine } from './engine.ts';
import { stopped } from './errors.ts';
import { JOINED } from './found.ts';
import { LEASE_MARGIN, leaderWaitMs } from './options.ts';
import { PeerBook } from './peer-book.ts';

/** Who this server is. */
export interface NodeIdentity {
  readonly birth: string;
  /** Of this start of the process. */
  readonly boot: string;
  /** `''` while it belongs to no cluster. */
  readonly clusterId: string;
}

const ID_BYTES = 16;
const REFUSAL_LOG_MS = 60_000;
const MAX_REFUSED = 1000;

/** Between the transport and the engine: who may speak, and to whom. */
export class PeerGate implements TransportHandler {
  readonly #context: EngineContext;
  readonly #engine: () => Engine | undefined;
  readonly #book = new PeerBook();
  /** When a refusal was logged last. */
  readonly #logged = new Map<string, number>();
  #identity: NodeIdentity;
  #featureLevel = 0;

  constructor(context: EngineContext, engine: () => Engine | undefined) {
    this.#context = context;
    this.#engine = engine;
    this.#identity = { birth: '', boot: hex(context.modules.random.bytes(ID_BYTES)), clusterId: '' };
  }

  get identity(): NodeIdentity {
    return this.#identity;
  }

  /** Length of a lease: that of the options, unless a peer waits for less. */
  get leaseMs(): number {
    return Math.min(this.#context.options.leaseTimeoutMs, this.#book.leastWaitMs / LEASE_MARGIN);
  }

  /** Draws a birth for an empty data folder, durably. */
  async loadIdentity(): Promise<void> {
    const { identity, random } = this.#context.modules;
    const known = (await identity.load()) ?? (await identity.update({ birth: hex(random.bytes(ID_BYTES)) }));
    this.#identity = { ...this.#identity, birth: known.birth, clusterId: known.clusterId ?? '' };
  }

  /** Another birth for a folder without a cluster, durably. */
  async redraw(): Promise<string> {
    const { identity, random } = this.#context.modules;
    const { birth } = await identity.update({ birth: hex(random.bytes(ID_BYTES)) });
    this.#identity = { ...this.#identity, birth };
    return birth;
  }

  /** The server belongs to this cluster now. */
  async joined(clusterId: string, how: 'founder' | 'called'): Promise<void> {
    await this.#context.modules.identity.update({ clusterId, markers: { [JOINED]: how } });
    this.#identity = { ...this.#identity, clusterId };
  }

  /** @throws TypeError */
  setFeatureLevel(level: number): void {
    checkInteger(level, 0, 'level');
    this.#featureLevel = level;
  }

  forget(id: NodeId): void {
    this.#book.forget(id);
    this.#context.modules.transport.forget(id);
  }

  handshake(to: NodeId): Handshake {
    const { options } = this.#context;
    const engine = this.#engine();
    const lastIndex = engine?.window.lastIndex() ?? 0;
    return {
      clusterId: this.#identity.clusterId,
      region: options.region,
      from: options.id,
      to,
      birth: this.#identity.birth,
      toBirth: engine?.members.info(to).birth ?? '',
      boot: this.#identity.boot,
      wireMin: options.wireMin,
      wireMax: options.wireMax,
      featureMax: options.featureMax,
      software: options.software,
      leaderWaitMs: leaderWaitMs(options),
      lastTerm: engine?.window.term(lastIndex) ?? 0,
      lastIndex,
    };
  }

  async judge(peer: Handshake, purpose: StreamPurpose): Promise<HandshakeVerdict> {
    const engine = this.#engine();
    const leads = engine?.leadership.isLeader === true;
    const acknowledgedIndex = leads ? (engine.core.progress(peer.from)?.match ?? 0) : 0;
    const configuredBirth = engine?.members.info(peer.from).birth ?? '';
    const verdict = this.#book.judge(this.handshake(peer.from), peer, purpose, {
      configuredBirth,
      acknowledgedIndex,
      featureLevel: this.#featureLevel,
    });
    if (!verdict.accepted) {
      this.#refused(peer, verdict, acknowledgedIndex);
    } else if (this.#identity.clusterId === '' && peer.clusterId !== '' && purpose !== 'formation') {
      return await this.#called(peer, verdict);
    }
    return verdict;
  }

  /** A member of a cluster knows our birth, and we belong to none: whoever forms clusters has the last word. */
  async #called(peer: Handshake, verdict: HandshakeVerdict): Promise<HandshakeVerdict> {
    const admitted = (await this.#context.modules.admit?.(peer.clusterId)) ?? true;
    if (admitted !== true) {
      const refusal = { accepted: false, code: 'no_cluster', message: admitted } as const;
      this.#refused(peer, refusal, 0);
      return refusal;
    }
    // It may have become a member by its founding record meanwhile.
    if (this.#identity.clusterId === '') await this.joined(peer.clusterId, 'called');
    return verdict;
  }

  connected(peer: Handshake): void {
    this.#book.connected(peer);
  }

  disconnected(id: NodeId, boot: string): void {
    this.#book.disconnected(id, boot);
  }

  message(_from: NodeId, messages: readonly Message[]): Promise<void> | undefined {
    return this.#engine()?.receive(messages);
  }

  async snapshot(from: NodeId, header: SnapshotHeader): Promise<SnapshotIntake> {
    const engine = this.#engine();
    if (engine === undefined || !engine.running) throw stopped();
    return await engine.receiver.accept(from, header);
  }

  unreachable(id: NodeId, reason: UnreachableReason): void {
    this.#context.metrics.unreachable.add(1, { reason });
    this.#engine()?.unreachable(id, reason === 'refused');
  }

  #refused(peer: Handshake, { code, message }: HandshakeVerdict & { accepted: false }, acknowledged: number): void {
    const { metrics, emitter, modules } = this.#context;
    metrics.handshakesRefused.add(1, { code });
    const id = peer.from;
    emitter.emit('handshakeRefused', { id, code, message });
    if (code === 'foreign_cluster') emitter.emit('foreignCluster', { id, clusterId: peer.clusterId });
    if (code === 'log_regressed') emitter.emit('peerRegressed', { id, acknowledged, lastIndex: peer.lastIndex });
    if (modules.transport.logsRefusals === true) return;
    const nowMs = modules.clock.monotonicMs();
    const key = `${code} ${id}`;
    if (nowMs - (this.#logged.get(key) ?? -Infinity) < REFUSAL_LOG_MS) return;
    if (this.#logged.size >= MAX_REFUSED) this.#logged.clear();
    this.#logged.set(key, nowMs);
    modules.logger.warn('raft handshake refused', { id, code, message });
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
