/** Where a node keeps what it must remember to find its pool again: text of whole lines. */
export interface SnapshotStore {
  /** All that was kept; empty if nothing was. Once, before anything else. */
  load(): Promise<string>;
  /** Adds text, in the background. */
  append(text: string): void;
  /** Puts text in the place of all there is, whole or not at all, in the background. */
  replace(text: string): void;
  /** Resolves when everything is on disk. Nothing may follow. */
  close(): Promise<void>;
}

/** Where a node keeps its keys. */
export interface KeyringStore {
  /** Primary first; `undefined` if none were kept. Rejects for what is no key ring. */
  load(): Promise<readonly Uint8Array[] | undefined>;
  /** Puts keys in the place of those that were kept, whole or not at all. */
  save(keys: readonly Uint8Array[]): Promise<void>;
}
