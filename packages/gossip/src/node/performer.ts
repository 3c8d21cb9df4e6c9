import type { Clock, Logger } from '@dkron/runtime';
import { formatAddress } from '../core/host-port.ts';
import { formatIp } from '../core/ip.ts';
import type { IncomingQuery, SerfEffect, SerfNotice, SerfPushPullEffect } from '../core/serf/effects.ts';
import type { ConflictEvent, NoticeEvent, SendPacket, StreamPing } from '../core/swim/effects.ts';
import type { PacketCodec } from '../net/packet-codec.ts';
import type { GossipTransport } from '../net/transport.ts';
import type { Emitter } from './emitter.ts';
import type { GossipEvents, QueryReceived } from './events.ts';
import type { NodeMetrics } from './metrics.ts';
import type { Pending } from './pending.ts';
import type { PeerFaults } from './peer-faults.ts';
import { printable } from './printable.ts';
import type { KeyringStore, SnapshotStore } from './stores.ts';

/** What the performer asks of the engine. */
export interface PerformerHost {
  readonly name: string;
  /** Whose input is handled at the moment. */
  readonly currentPeer: string | undefined;
  exchange(effect: SerfPushPullEffect): void;
  pingByStream(effect: StreamPing): void;
  respond(query: number, payload: Uint8Array): void;
  /** The vote about our name is lost. */
  outvoted(): void;
}

export interface PerformerModules {
  readonly host: PerformerHost;
  readonly codec: PacketCodec;
  readonly transport: GossipTransport;
  readonly pending: Pending;
  readonly emitter: Emitter<GossipEvents>;
  readonly metrics: NodeMetrics;
  readonly faults: PeerFaults;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly snapshot: SnapshotStore | undefined;
  readonly keyringStore: KeyringStore | undefined;
}

type Deed = Extract<SerfEffect, { type: 'packet' | 'streamPing' | 'pushPull' | 'snapshot' | 'keyringChanged' }>;
type Event = Exclude<SerfEffect, Deed>;
type Notice = Extract<Event, ConflictEvent | NoticeEvent | SerfNotice | { type: 'suspect' | 'pinged' | 'stalled' }>;

const OUT = { direction: 'out' };
const CHECKSUM = { checksum: true };
/** Notices that say that a peer sent something odd; the others are about ourselves. */
const FAULTS = new Set<SerfNotice['what']>(['undecodable', 'overflow', 'refused', 'coordinate']);

/** Carries out what the state machine says. */
export class Performer {
  readonly #modules: PerformerModules;
  #savingKeys: Promise<void> = Promise.resolve();

  constructor(modules: PerformerModules) {
    this.#modules = modules;
  }

  /** Resolves when nothing of ours is on its way to a store. */
  async close(): Promise<void> {
    await this.#savingKeys;
    await this.#modules.snapshot?.close();
  }

  perform(effect: SerfEffect): void {
    const { host, snapshot } = this.#modules;
    switch (effect.type) {
      case 'packet':
        this.#send(effect);
        break;
      case 'streamPing':
        host.pingByStream(effect);
        break;
      case 'pushPull':
        host.exchange(effect);
        break;
      case 'snapshot':
        snapshot?.[effect.mode](effect.text);
        break;
      case 'keyringChanged':
        this.#saveKeys(effect.keys);
        break;
      default:
        this.#tell(effect);
    }
  }

  #send({ to, messages, checksum }: SendPacket): void {
    const { codec, transport, metrics } = this.#modules;
    const parts = messages.map(({ bytes }) => bytes);
    const datagram = checksum ? codec.pack(parts, CHECKSUM) : codec.pack(parts);
    metrics.packets.add(1, OUT);
    metrics.packetBytes.add(datagram.length, OUT);
    transport.sendPacket(to, datagram);
  }

  #tell(effect: Event): void {
    const { emitter, metrics, pending, logger, host } = this.#modules;
    switch (effect.type) {
      case 'memberChange':
        metrics.memberChanged(effect.change, effect.member);
        logger.info('gossip: member changed', { change: effect.change, member: printable(effect.member.name) });
        emitter.emit('memberChange', effect);
        break;
      case 'joinedAnew':
        logger.info('gossip: member joined anew', { member: printable(effect.member.name) });
        emitter.emit('joinedAnew', effect);
        break;
      case 'members':
        emitter.emit('members', effect);
        break;
      case 'userEvent':
        metrics.events.add(1, { kind: 'userEvent' });
        emitter.emit('userEvent', effect);
        break;
      case 'query':
        metrics.events.add(1, { kind: 'query' });
        emitter.emit('query', this.#received(effect));
        break;
      case 'queryAck':
        pending.queries.get(effect.query)?.take({ type: 'ack', from: effect.from });
        break;
      case 'queryAnswer':
        pending.queries.get(effect.query)?.take({ type: 'answer', from: effect.from, payload: effect.payload });
        break;
      case 'queryFinished':
        pending.queryFinished(effect);
        break;
      case 'keyResult':
        pending.keyCommands.settle(effect.query, effect);
        break;
      case 'joined':
        pending.joins.settle(effect.join, effect);
        break;
      case 'tagsTold':
        pending.tagsTold(!effect.timedOut);
        break;
      case 'leftPool':
        pending.left();
        break;
      case 'rejoined':
      case 'rejoinFailed':
        emitter.emit('rejoin', { succeeded: effect.type === 'rejoined' });
        break;
      case 'conflictVote':
        logger.warn('gossip: vote about our name', { ...effect });
        emitter.emit('conflictVote', effect);
        if (!effect.won) host.outvoted();
        break;
      default:
        this.#notice(effect);
    }
  }

  #notice(effect: Notice): void {
    const { metrics, faults, logger, host, emitter } = this.#modules;
    const peer = host.currentPeer;
    switch (effect.type) {
      case 'conflict': {
        const { name, address: existing } = effect.existing;
        const claimed = { ip: formatIp(effect.claim.addr) ?? '', port: effect.claim.port };
        const detail = `${formatAddress(claimed)} claims the name ${printable(name)} of ${formatAddress(existing)}`;
        faults.report('conflict', peer, detail);
        emitter.emit('conflict', { name, existing, claimed, isOurs: name === host.name });
        break;
      }
      case 'suspect':
        metrics.suspicions.add(1);
        logger.info('gossip: member is suspect', { member: printable(effect.node.name) });
        break;
      case 'pinged':
        metrics.rttSeconds.observe(effect.rttMs / 1000);
        break;
      case 'stalled':
        metrics.stalls.add(1);
        logger.warn('gossip: our timers came late, nobody is accused for it', { lateMs: Math.round(effect.lateMs) });
        emitter.emit('stall', { lateMs: effect.lateMs });
        break;
      case 'refuted':
        metrics.refutations.add(1);
        logger.info('gossip: contradicted a claim about us', { detail: effect.detail });
        break;
      case 'packetsBlocked':
      case 'misdirectedPing':
      case 'refused':
        faults.report(effect.type, peer, `${printable(effect.node)}: ${effect.detail}`);
        break;
      case 'serfNotice':
        if (FAULTS.has(effect.what)) faults.report(effect.what, peer, `${printable(effect.subject)}: ${effect.detail}`);
        else logger.info(`gossip: ${effect.what}`, { subject: printable(effect.subject), detail: effect.detail });
        break;
    }
  }

  #received({ query, name, payload, lamportTime, source, deadlineMs }: IncomingQuery): QueryReceived {
    const { host, clock } = this.#modules;
    const timeoutMs = Math.max(0, deadlineMs - clock.monotonicMs());
    return { name, payload, lamportTime, source, timeoutMs, respond: (answer) => host.respond(query, answer) };
  }

  /** One after the other, so that the last one counts. */
  #saveKeys(keys: readonly Uint8Array[]): void {
    const { keyringStore, logger } = this.#modules;
    if (keyringStore === undefined) return;
    this.#savingKeys = this.#savingKeys
      .then(() => keyringStore.save(keys))
      .catch((error: unknown) => logger.error('gossip: key ring was not stored', { error: String(error) }));
  }
}
