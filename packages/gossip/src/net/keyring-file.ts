import { readFile } from 'node:fs/promises';
import { decodeKey, encodeKey } from '../core/key-text.ts';
import { Keyring } from '../core/keyring.ts';
import type { KeyringStore } from '../node/stores.ts';
import { replaceFile } from './replace-file.ts';

const MODE = 0o600;

/** A key ring in a file, as Serf keeps it: a JSON array of base64, primary first, for our eyes only. */
export class KeyringFile implements KeyringStore {
  readonly #path: string;

  constructor({ path }: { readonly path: string }) {
    this.#path = path;
  }

  /** Rejects with TypeError for a file that is no key ring. Keys are never part of the message. */
  async load(): Promise<readonly Uint8Array[] | undefined> {
    let text: string;
    try {
      text = await readFile(this.#path, 'utf8');
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
    const keys = parseKeys(text);
    if (keys === undefined) {
      throw new TypeError(`key ring ${this.#path}: allowed is a JSON array of base64 keys of 16, 24 or 32 bytes`);
    }
    return keys;
  }

  async save(keys: readonly Uint8Array[]): Promise<void> {
    await replaceFile(this.#path, `${JSON.stringify(keys.map(encodeKey), undefined, 2)}\n`, MODE);
  }
}

function parseKeys(text: string): readonly Uint8Array[] | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (!Array.isArray(parsed) || parsed.length === 0) return undefined;
    const keys = parsed.map((key) => (typeof key === 'string' ? decodeKey(key) : undefined));
    return new Keyring(keys.map((key) => key ?? new Uint8Array(0))).keys;
  } catch {
    return undefined; // No JSON, or a key of wrong length.
  }
}
