import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomFillSync } from 'node:crypto';
import { concatBytes } from '@dkron/runtime';

/** Length of a nonce. */
export const NONCE_BYTES = 12;
/** Length of the tag behind the ciphertext. */
export const TAG_BYTES = 16;

/** AES-GCM with keys of 16, 24 or 32 bytes. An array that was used as a key must not change afterwards. */
export interface Aead {
  /** {@link NONCE_BYTES} that were never used before with any key. */
  nonce(): Uint8Array;
  /** Ciphertext, then tag. */
  seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): Uint8Array;
  /** The plaintext; `undefined` if key, nonce or additional data differ, or the bytes were changed. */
  open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array, aad: Uint8Array): Uint8Array | undefined;
}

/** Nonces drawn ahead, since each call of the generator costs as much as a hundred of them. */
const pool = new Uint8Array(NONCE_BYTES * 128);
let drawn = pool.length;

/** Keys as the platform wants them: handing over bytes each time costs five times as much as all the rest. */
const handles = new WeakMap<Uint8Array, KeyObject>();

/**
 * Node's AES-GCM with random nonces. With 96-bit random nonces a key should seal at most 2^32 messages: a pool that
 * sends a thousand packets a second rotates its key within 49 days.
 */
export const nodeAead: Aead = {
  nonce() {
    if (drawn === pool.length) {
      randomFillSync(pool);
      drawn = 0;
    }
    drawn += NONCE_BYTES;
    return pool.slice(drawn - NONCE_BYTES, drawn);
  },

  seal(key, nonce, plaintext, aad) {
    const cipher = createCipheriv(algorithmOf(key), handleOf(key), nonce, { authTagLength: TAG_BYTES });
    if (aad.length > 0) cipher.setAAD(aad);
    return concatBytes([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  },

  open(key, nonce, sealed, aad) {
    if (sealed.length < TAG_BYTES) return undefined;
    const cut = sealed.length - TAG_BYTES;
    const decipher = createDecipheriv(algorithmOf(key), handleOf(key), nonce, { authTagLength: TAG_BYTES });
    if (aad.length > 0) decipher.setAAD(aad);
    decipher.setAuthTag(sealed.subarray(cut));
    const plaintext = decipher.update(sealed.subarray(0, cut));
    try {
      decipher.final();
    } catch {
      return undefined; // Node tells a wrong tag only so.
    }
    return new Uint8Array(plaintext.buffer, plaintext.byteOffset, plaintext.byteLength);
  },
};

function handleOf(key: Uint8Array): KeyObject {
  const known = handles.get(key);
  if (known !== undefined) return known;
  const handle = createSecretKey(key);
  handles.set(key, handle);
  return handle;
}

function algorithmOf(key: Uint8Array): 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm' {
  if (key.length === 16) return 'aes-128-gcm';
  if (key.length === 24) return 'aes-192-gcm';
  if (key.length === 32) return 'aes-256-gcm';
  throw new RangeError(`key of ${key.length} bytes, allowed are 16, 24 and 32`);
}
