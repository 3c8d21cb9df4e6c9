import { ensureDir, parentOf } from './disk.ts';
import type { Disk } from './disk.ts';
import { StorageError } from './errors.ts';
import { readStable, writeStable } from './stable-file.ts';

/** Who this data folder is. Every field once set stays; a folder that lost it must not come back under its old name. */
export interface Identity {
  /** Drawn when a server starts on an empty folder; lower-case hex. */
  readonly birth: string;
  /** Of the cluster it belongs to; absent until it founded or joined one. */
  readonly clusterId?: string;
  /** Facts that must survive a restart, by name: pledges given, `joined`, `voted`. Values are the owner's business. */
  readonly markers: Readonly<Record<string, string>>;
}

/** What `update` is to change; what is absent stays. */
export interface IdentityChange {
  readonly birth?: string;
  readonly clusterId?: string;
  /** Lets a set cluster id change: the cluster was recovered by force and is another one now. */
  readonly refound?: boolean;
  /** Added to the markers; an empty value removes one. */
  readonly markers?: Readonly<Record<string, string>>;
}

/** Where the identity is kept. `update` is durable when it resolves; updates happen one after the other. */
export interface IdentityStorage {
  /** @throws StorageError `record_corrupt` */
  load(): Promise<Identity | undefined>;
  /** @throws TypeError without a birth, or when a set cluster id would change */
  update(change: IdentityChange): Promise<Identity>;
}

/** Applies a change to an identity. */
export function changedIdentity(old: Identity | undefined, change: IdentityChange): Identity {
  const birth = change.birth ?? old?.birth;
  if (birth === undefined || birth === '') throw new TypeError('an identity needs a birth');
  // A new birth is a new server: nothing of the old one holds.
  const base = old?.birth === birth ? old : undefined;
  const clusterId = change.clusterId ?? base?.clusterId;
  if (base?.clusterId !== undefined && clusterId !== base.clusterId && change.refound !== true) {
    throw new TypeError(`cluster id is ${base.clusterId} and cannot become ${clusterId}`);
  }
  const merged = Object.entries({ ...base?.markers, ...change.markers }).filter(([, value]) => value !== '');
  return { birth, ...(clusterId === undefined ? {} : { clusterId }), markers: Object.fromEntries(merged) };
}

/** The identity in one small checksummed file. */
export class IdentityFile implements IdentityStorage {
  readonly #path: string;
  readonly #disk: Disk;
  #last: Promise<unknown> = Promise.resolve();
  /** Whether what a process that died may have left behind is durable. */
  #settled = false;

  constructor(options: { readonly path?: string }, modules: { readonly disk: Disk }) {
    this.#path = options.path ?? 'identity';
    this.#disk = modules.disk;
  }

  async load(): Promise<Identity | undefined> {
    const payload = await readStable(this.#disk, this.#path);
    if (payload === undefined) return undefined;
    // It may have been renamed and not synced when its process died; what is told to others must not be taken back.
    if (!this.#settled) await this.#disk.syncDir(parentOf(this.#path));
    this.#settled = true;
    return parseIdentity(payload, this.#path);
  }

  update(change: IdentityChange): Promise<Identity> {
    const updated = this.#last.then(async () => {
      const identity = changedIdentity(await this.load(), change);
      await ensureDir(this.#disk, parentOf(this.#path));
      await writeStable(this.#disk, this.#path, new TextEncoder().encode(JSON.stringify(identity)));
      return identity;
    });
    this.#last = updated.catch(() => {});
    return updated;
  }
}

/** The twin in memory. */
export class MemoryIdentity implements IdentityStorage {
  #identity: Identity | undefined;

  async load(): Promise<Identity | undefined> {
    return this.#identity;
  }

  async update(change: IdentityChange): Promise<Identity> {
    this.#identity = changedIdentity(this.#identity, change);
    return this.#identity;
  }
}

function parseIdentity(payload: Uint8Array, path: string): Identity {
  const value: unknown = JSON.parse(new TextDecoder().decode(payload));
  if (typeof value === 'object' && value !== null && 'birth' in value && 'markers' in value) {
    return value as Identity;
  }
  throw new StorageError('record_corrupt', `${path} holds no identity`, { path });
}
