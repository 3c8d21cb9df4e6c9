import { WireError } from '../core/errors.ts';
import { plainBytes } from '../core/wire/bytes.ts';
import { COMPOUND_OVERHEAD_BYTES, encodeCompound } from '../core/wire/compound.ts';
import { compressIfShorter } from '../core/wire/compress.ts';
import { addChecksum, stripChecksum } from '../core/wire/crc32.ts';
import { addLabel } from '../core/wire/label.ts';
import type { PacketMessage } from '../core/wire/messages.ts';
import { encodeMessage } from '../core/wire/packet-message.ts';
import { type Unpacked, unpackMessages } from '../core/wire/unpack.ts';
import { ENVELOPE_OVERHEAD_BYTES, envelopeLength, openEnvelope, sealEnvelope } from './envelope.ts';
import { takeLabel } from './inbound-label.ts';
import { resolveWire, type WireModules, type WireOptions, type WireSettings } from './wire-options.ts';

const LABEL_HEADER_BYTES = 2;

/** How a packet is put together. */
export interface PackOptions {
  /** For peers whose record says that they read checksums. Default: false. */
  readonly checksum?: boolean;
}

/** Datagrams of a pool: from outside in a label, an envelope, a checksum, compression, a compound, messages. */
export class PacketCodec {
  readonly #settings: WireSettings;

  constructor(options: WireOptions, modules: WireModules) {
    this.#settings = resolveWire(options, modules);
  }

  /** What label and envelope take of every datagram now; subtract it from the datagram's budget. */
  get overheadBytes(): number {
    const { label, envelopeVersion } = this.#settings;
    const labelBytes = label.length === 0 ? 0 : LABEL_HEADER_BYTES + label.length;
    if (!this.isSealing) return labelBytes;
    return labelBytes + (envelopeVersion === 1 ? ENVELOPE_OVERHEAD_BYTES : envelopeLength(0, 0));
  }

  /** What a compound takes besides its messages. */
  readonly compoundOverheadBytes: number = COMPOUND_OVERHEAD_BYTES;

  /** Whether datagrams are sealed: there is a key, and `verifyOutgoing`. */
  get isSealing(): boolean {
    return this.#settings.verifyOutgoing && this.#settings.keyring.primary !== undefined;
  }

  /** The bytes of one message, as they go into {@link pack}. */
  encode(message: PacketMessage): Uint8Array {
    return encodeMessage(message, this.#settings.intStyle);
  }

  /**
   * One datagram of encoded messages: a single one goes bare, several in a compound.
   * Throws RangeError for none, and for more than 255.
   */
  pack(messages: readonly Uint8Array[], { checksum = false }: PackOptions = {}): Uint8Array {
    const { label, compression, keyring, envelopeVersion, aead } = this.#settings;
    const [first] = messages;
    if (first === undefined) throw new RangeError('messages: none, at least one is allowed');
    let packet = messages.length === 1 ? first : encodeCompound(messages);
    if (compression) packet = compressIfShorter(packet);
    if (checksum) packet = addChecksum(packet);
    const key = keyring.primary;
    if (key !== undefined && this.isSealing) {
      packet = sealEnvelope(packet, { version: envelopeVersion, key, aad: label, nonce: aead.nonce() }, aead);
    }
    return addLabel(label, packet);
  }

  /** All messages of a datagram, and what had to be refused. Never throws for what a datagram holds. */
  unpack(datagram: Uint8Array): Unpacked {
    try {
      const packet = stripChecksum(this.#open(takeLabel(plainBytes(datagram), this.#settings)));
      return unpackMessages(packet, this.#settings.packetLimits);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      return { messages: [], problems: [error] };
    }
  }

  #open(packet: Uint8Array): Uint8Array {
    const { keyring, label, verifyIncoming, aead } = this.#settings;
    if (keyring.primary === undefined) return packet;
    try {
      return openEnvelope(packet, keyring.keys, label, aead).plaintext;
    } catch (error) {
      if (verifyIncoming || !(error instanceof WireError)) throw error;
      return packet; // While encryption is rolled out, what does not open is taken for unsealed.
    }
  }
}
