import { describe, expect, it } from 'vitest';
import { decodeKey, encodeKey } from './key-text.ts';
import { Keyring, KEYRING_MAX_KEYS } from './keyring.ts';

const key = (fill: number, length = 16): Uint8Array => new Uint8Array(length).fill(fill);

describe('Keyring', () => {
  it('Keyring_EmptyRing: has no primary, and refuses to use or to miss a key', () => {
    const ring = new Keyring();
    expect(ring.primary).toBeUndefined();
    expect(ring.use(key(1))).toBe('unknown');
    expect(ring.remove(key(1))).toBeUndefined();
    expect(ring.keys).toEqual([]);
  });

  it('Keyring_PrimaryOnly: the first key is the primary', () => {
    const ring = new Keyring([key(1)]);
    expect(ring.primary).toEqual(key(1));
    expect(ring.remove(key(1))).toBe('primary');
    expect(ring.keys).toEqual([key(1)]);
  });

  it('Keyring_AddRemoveUse: rotates', () => {
    const ring = new Keyring([key(1)]);
    expect(ring.add(key(2, 32))).toBeUndefined();
    expect(ring.add(key(3, 24))).toBeUndefined();
    expect(ring.add(key(2, 32))).toBeUndefined();
    expect(ring.keys).toEqual([key(1), key(2, 32), key(3, 24)]);
    expect(ring.use(key(3, 24))).toBeUndefined();
    expect(ring.keys).toEqual([key(3, 24), key(1), key(2, 32)]);
    expect(ring.use(key(3, 24))).toBeUndefined();
    expect(ring.remove(key(1))).toBeUndefined();
    expect(ring.remove(key(3, 24))).toBe('primary');
    expect(ring.keys).toEqual([key(3, 24), key(2, 32)]);
  });

  it('Keyring_AddConcurrentKeys: what several install is held once, in the order of their coming', () => {
    const ring = new Keyring([key(1)]);
    for (let round = 0; round < 10; round++) for (const fill of [2, 3, 1]) expect(ring.add(key(fill))).toBeUndefined();
    expect(ring.keys).toEqual([key(1), key(2), key(3)]);
  });

  it('a list of keys that was taken does not change', () => {
    const ring = new Keyring([key(1)]);
    const before = ring.keys;
    ring.add(key(2));
    ring.use(key(2));
    expect(before).toEqual([key(1)]);
  });

  it('copies its keys', () => {
    const own = key(1);
    const ring = new Keyring([own]);
    own.fill(9);
    expect(ring.primary).toEqual(key(1));
  });

  it('refuses keys of other lengths, and more than it can try', () => {
    const ring = new Keyring();
    for (const length of [0, 15, 17, 31, 33]) expect(ring.add(key(1, length))).toBe('length');
    expect(() => new Keyring([key(1, 8)])).toThrow('key of 8 bytes: length');
    for (let i = 0; i < KEYRING_MAX_KEYS; i++) expect(ring.add(key(i))).toBeUndefined();
    expect(ring.add(key(200))).toBe('full');
    expect(ring.add(key(3))).toBeUndefined();
  });
});

describe('keys in text', () => {
  it('survive', () => {
    for (const length of [16, 24, 32]) {
      const own = Uint8Array.from({ length }, (_, i) => (i * 37) & 0xff);
      expect(encodeKey(own)).toBe(Buffer.from(own).toString('base64'));
      expect(decodeKey(encodeKey(own))).toEqual(own);
    }
    expect(decodeKey('')).toEqual(new Uint8Array());
  });

  it.each(['a', 'ab=', 'abc', 'a===', 'ab c', 'ab-_', 'ab==cd==', 'AB=='])('%s is none', (text) => {
    expect(decodeKey(text)).toBeUndefined();
  });
});
