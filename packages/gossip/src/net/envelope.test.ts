import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hexOf, unhex } from '../testing/vector-values.ts';
import { nodeAead } from './aead.ts';
import { type EnvelopeVersion, envelopeLength, openEnvelope, sealEnvelope } from './envelope.ts';

interface Case {
  readonly aad: string;
  readonly ciphertext: string;
  readonly encVersion: EnvelopeVersion;
  readonly keyHex: string;
  readonly plaintext: string;
}

const { encryption: cases } = JSON.parse(
  readFileSync(new URL('../../testdata/library-generated.json', import.meta.url), 'utf8'),
) as { readonly encryption: readonly Case[] };

const KEY = new Uint8Array(16).fill(1);
const NONCE = new Uint8Array(12).fill(2);
const NO_AAD = new Uint8Array();
const hello = new TextEncoder().encode('hello');
const sealHello = (version: EnvelopeVersion): Uint8Array =>
  sealEnvelope(hello, { version, key: KEY, aad: NO_AAD, nonce: NONCE }, nodeAead);

describe(`EncryptDecrypt_V0/_V1: ${cases.length} of 48 envelopes of the library`, () => {
  it.each(cases)('version $encVersion, key $keyHex, aad "$aad", plaintext "$plaintext"', (one) => {
    const key = unhex(one.keyHex);
    const aad = unhex(one.aad);
    const envelope = unhex(one.ciphertext);
    // A foreign key in front: all are tried in order.
    const opened = openEnvelope(envelope, [KEY, key], aad, nodeAead);
    expect(opened).toMatchObject({ version: one.encVersion, keyIndex: 1 });
    expect(hexOf(opened.plaintext)).toBe(one.plaintext);
    const again = sealEnvelope(
      opened.plaintext,
      { version: one.encVersion, key, aad, nonce: envelope.slice(1, 13) },
      nodeAead,
    );
    expect(hexOf(again)).toBe(one.ciphertext);
    expect(envelopeLength(one.encVersion, opened.plaintext.length)).toBe(envelope.length);
    const otherAad = Uint8Array.of(...aad, 0);
    expect(() => openEnvelope(envelope, [key], otherAad, nodeAead)).toThrow('none of 1 keys');
  });
});

describe('openEnvelope', () => {
  // The format does not authenticate its version byte: version 0 read as 1 keeps its padding, which messages ignore.
  it('refuses every envelope with one bit changed behind its version', () => {
    for (const version of [0, 1] as const) {
      const envelope = sealHello(version);
      for (let bit = 8; bit < envelope.length * 8; bit++) {
        const damaged = Uint8Array.from(envelope);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        expect(() => openEnvelope(damaged, [KEY], NO_AAD, nodeAead)).toThrow(
          expect.objectContaining({ code: 'GOSSIP_WIRE_ENCRYPTION' }),
        );
      }
    }
  });

  it('refuses every envelope that is cut', () => {
    const envelope = sealHello(1);
    for (let length = 0; length < envelope.length; length++) {
      expect(() => openEnvelope(envelope.subarray(0, length), [KEY], NO_AAD, nodeAead)).toThrow(
        expect.objectContaining({ code: 'GOSSIP_WIRE_ENCRYPTION' }),
      );
    }
  });

  it('PKCS7: refuses padding that does not fit, though it was sealed with the right key', () => {
    for (const padded of [
      [...hello, 0],
      [...new Uint8Array(15), 17],
      [...new Uint8Array(14), 1, 2],
      new Uint8Array(0),
    ]) {
      const sealed = nodeAead.seal(KEY, NONCE, Uint8Array.from(padded), NO_AAD);
      const envelope = Uint8Array.of(0, ...NONCE, ...sealed);
      expect(() => openEnvelope(envelope, [KEY], NO_AAD, nodeAead)).toThrow('padding is damaged');
    }
  });

  it('refuses versions that do not exist', () => {
    const envelope = sealHello(1);
    envelope[0] = 2;
    expect(() => openEnvelope(envelope, [KEY], NO_AAD, nodeAead)).toThrow('envelope version 2, known are 0 and 1');
  });
});

describe('nodeAead', () => {
  it('draws nonces that do not repeat', () => {
    const nonces = new Set(Array.from({ length: 1000 }, () => hexOf(nodeAead.nonce())));
    expect(nonces.size).toBe(1000);
    expect(nodeAead.nonce()).toHaveLength(12);
  });

  it('names the length of a key that is none', () => {
    expect(() => nodeAead.seal(new Uint8Array(15), NONCE, hello, NO_AAD)).toThrow('key of 15 bytes');
  });
});
