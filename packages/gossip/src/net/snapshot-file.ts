import { open, readFile, stat } from 'node:fs/promises';
import type { Logger, Timers } from '@dkron/runtime';
import { silentLogger } from '@dkron/runtime';
import { GossipError } from '../errors.ts';
import type { SnapshotStore } from '../node/stores.ts';
import { replaceFile } from './replace-file.ts';

/** Serf's own rhythm. */
const FLUSH_INTERVAL_MS = 500;
/** What a disk that stands still may make us hold. */
const MAX_WAITING_CHARACTERS = 1024 * 1024;
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const MODE = 0o644;

/** Collaborators of the file of the last members. */
export interface SnapshotFileModules {
  readonly timers: Timers;
  readonly logger?: Logger;
}

/**
 * A snapshot in a file, as Serf keeps it. Written and synced in the background, at most twice a second; a disk that is
 * slow or full costs lines, never time.
 */
export class SnapshotFile implements SnapshotStore {
  readonly #path: string;
  readonly #timers: Timers;
  readonly #logger: Logger;
  #waiting = '';
  #isReplacing = false;
  /** A write that failed may have left half a line. */
  #endsWithin = false;
  #isPlanned = false;
  #isFailing = false;
  #dropped = 0;
  #writing: Promise<void> = Promise.resolve();
  #cancel: (() => void) | undefined;

  constructor({ path }: { readonly path: string }, { timers, logger = silentLogger }: SnapshotFileModules) {
    this.#path = path;
    this.#timers = timers;
    this.#logger = logger;
  }

  /** Throws GossipError `GOSSIP_SNAPSHOT` if the file is there and cannot be read. */
  async load(): Promise<string> {
    try {
      const { size } = await stat(this.#path);
      if (size > MAX_FILE_BYTES) throw new Error(`${size} bytes, allowed are ${MAX_FILE_BYTES}`);
      const text = await readFile(this.#path, 'utf8');
      this.#endsWithin = text !== '' && !text.endsWith('\n');
      return text;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
      const path = this.#path;
      throw new GossipError('GOSSIP_SNAPSHOT', `snapshot ${path}: ${String(error)}`, { path }, { cause: error });
    }
  }

  append(text: string): void {
    if (this.#waiting.length + text.length > MAX_WAITING_CHARACTERS) {
      this.#dropped++;
      return;
    }
    this.#waiting += text;
    this.#plan();
  }

  replace(text: string): void {
    this.#waiting = text;
    this.#isReplacing = true;
    this.#plan();
  }

  async close(): Promise<void> {
    this.#cancel?.();
    await this.#writing;
    await this.#flush();
  }

  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    this.#cancel = this.#timers.after(FLUSH_INTERVAL_MS, () => {
      this.#writing = this.#flush().then(() => {
        this.#isPlanned = false;
        if (this.#waiting !== '' || this.#isReplacing) this.#plan();
      });
    });
  }

  async #flush(): Promise<void> {
    const text = this.#waiting;
    const isReplacing = this.#isReplacing;
    if (text === '' && !isReplacing) return;
    this.#waiting = '';
    this.#isReplacing = false;
    try {
      if (isReplacing) await replaceFile(this.#path, text, MODE);
      else await this.#append(this.#endsWithin ? `\n${text}` : text);
      this.#endsWithin = false;
      this.#isFailing = false;
    } catch (error) {
      this.#endsWithin = true;
      // What was to replace everything is worth trying again; single lines are not.
      if (isReplacing && !this.#isReplacing) {
        this.#waiting = text + this.#waiting;
        this.#isReplacing = true;
      }
      if (!this.#isFailing) {
        this.#logger.warn('gossip: snapshot was not written', { path: this.#path, error: String(error) });
      }
      this.#isFailing = true;
    }
    if (this.#dropped > 0) {
      this.#logger.warn('gossip: disk is slow, parts of the snapshot were dropped', { dropped: this.#dropped });
      this.#dropped = 0;
    }
  }

  async #append(text: string): Promise<void> {
    const file = await open(this.#path, 'a', MODE);
    try {
      await file.appendFile(text);
      await file.datasync();
    } finally {
      await file.close();
    }
  }
}
