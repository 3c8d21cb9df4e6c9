import { concatBytes } from '@dkron/runtime';
import { compress } from '../core/wire/compress.ts';
import { addLabel } from '../core/wire/label.ts';
import type { StreamMessage } from '../core/wire/messages.ts';
import { encodeStreamMessage } from '../core/wire/stream-message.ts';
import { sealEnvelope } from './envelope.ts';
import { StreamDecoder } from './stream-decoder.ts';
import { streamFrame, type StreamRole } from './stream-frame.ts';
import { resolveWire, type WireModules, type WireOptions, type WireSettings } from './wire-options.ts';

/** Streams of a pool, one message in each direction: a label, a sealed frame, compression, a message. */
export class StreamCodec {
  readonly #settings: WireSettings;

  constructor(options: WireOptions, modules: WireModules) {
    this.#settings = resolveWire(options, modules);
  }

  /** All bytes that our end writes. Compressed whenever compression is on, even if that is longer. */
  pack(message: StreamMessage, role: StreamRole): Uint8Array {
    const { label, compression, keyring, verifyOutgoing, envelopeVersion: version, aead, intStyle } = this.#settings;
    let bytes = encodeStreamMessage(message, intStyle);
    if (compression) bytes = compress(bytes);
    const key = keyring.primary;
    if (key !== undefined && verifyOutgoing) {
      const frame = streamFrame(version, bytes.length);
      const aad = concatBytes([frame, label]);
      bytes = concatBytes([frame, sealEnvelope(bytes, { version, key, aad, nonce: aead.nonce() }, aead)]);
    }
    return role === 'dialler' ? addLabel(label, bytes) : bytes;
  }

  /** Reads what the other end writes to us in this role. */
  decoder(role: StreamRole): StreamDecoder {
    return new StreamDecoder(role, this.#settings);
  }
}
