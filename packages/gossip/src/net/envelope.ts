import { WireError } from '../core/errors.ts';
import { concatBytes } from '@dkron/runtime';
import { type Aead, NONCE_BYTES, TAG_BYTES } from './aead.ts';

/**
 * Layout of a sealed message: version, nonce, ciphertext, tag. Version 0 pads the plaintext to whole blocks and is
 * what speakers of memberlist's protocol 1 send; version 1 does not pad. Everyone reads both.
 */
export type EnvelopeVersion = 0 | 1;

const HEADER_BYTES = 1 + NONCE_BYTES;
const BLOCK_BYTES = 16;

/** What sealing adds to a message in version 1. */
export const ENVELOPE_OVERHEAD_BYTES = HEADER_BYTES + TAG_BYTES;

/** Length of the envelope of so many bytes. */
export function envelopeLength(version: EnvelopeVersion, plaintextBytes: number): number {
  const padding = version === 0 ? BLOCK_BYTES - (plaintextBytes % BLOCK_BYTES) : 0;
  return plaintextBytes + padding + ENVELOPE_OVERHEAD_BYTES;
}

/** How a message is encrypted. The key is of 16, 24 or 32 bytes, the nonce never repeats with it. */
export interface SealOptions {
  readonly version: EnvelopeVersion;
  readonly key: Uint8Array;
  /** Additional data that is authenticated and not sent. */
  readonly aad: Uint8Array;
  readonly nonce: Uint8Array;
}

/** The envelope of a plaintext. */
export function sealEnvelope(
  plaintext: Uint8Array,
  { version, key, aad, nonce }: SealOptions,
  aead: Pick<Aead, 'seal'>,
): Uint8Array {
  const padded = version === 0 ? pad(plaintext) : plaintext;
  return concatBytes([Uint8Array.of(version), nonce, aead.seal(key, nonce, padded, aad)]);
}

/** A message that was decrypted. */
export interface Opened {
  readonly plaintext: Uint8Array;
  readonly version: EnvelopeVersion;
  /** Which of the keys opened it. */
  readonly keyIndex: number;
}

/** Tries the keys in order. Throws {@link WireError} `GOSSIP_WIRE_ENCRYPTION` if none opens it. */
export function openEnvelope(
  envelope: Uint8Array,
  keys: readonly Uint8Array[],
  aad: Uint8Array,
  aead: Pick<Aead, 'open'>,
): Opened {
  const version = envelope[0];
  if (version !== 0 && version !== 1) {
    throw new WireError('GOSSIP_WIRE_ENCRYPTION', `envelope version ${version ?? 'none'}, known are 0 and 1`);
  }
  if (envelope.length < ENVELOPE_OVERHEAD_BYTES) {
    throw new WireError('GOSSIP_WIRE_ENCRYPTION', `envelope of ${envelope.length} bytes is too short`);
  }
  const nonce = envelope.subarray(1, HEADER_BYTES);
  const sealed = envelope.subarray(HEADER_BYTES);
  for (const [keyIndex, key] of keys.entries()) {
    const plaintext = aead.open(key, nonce, sealed, aad);
    if (plaintext !== undefined) {
      return { plaintext: version === 0 ? unpad(plaintext) : plaintext, version, keyIndex };
    }
  }
  throw new WireError('GOSSIP_WIRE_ENCRYPTION', `none of ${keys.length} keys opens the envelope`);
}

/** PKCS #7: always adds, each byte says how many. */
function pad(plaintext: Uint8Array): Uint8Array {
  const padding = BLOCK_BYTES - (plaintext.length % BLOCK_BYTES);
  const padded = new Uint8Array(plaintext.length + padding).fill(padding);
  padded.set(plaintext);
  return padded;
}

function unpad(padded: Uint8Array): Uint8Array {
  const padding = padded.at(-1) ?? 0;
  const end = padded.length - padding;
  const isWhole = padding >= 1 && padding <= BLOCK_BYTES && end >= 0 && padded.length % BLOCK_BYTES === 0;
  if (!isWhole || padded.subarray(end).some((byte) => byte !== padding)) {
    throw new WireError('GOSSIP_WIRE_ENCRYPTION', 'padding is damaged');
  }
  return padded.subarray(0, end);
}
