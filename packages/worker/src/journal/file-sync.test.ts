import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FileJournalStorage } from './file.ts';

let folder: string;
let path: string;
/** What was done, in order; a sync stands for all that was written before it. */
let done: string[];

const hooks = vi.hoisted(() => ({ wrote: () => {} }));

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<{ writeSync(...args: unknown[]): number }>();
  const writeSync = (...args: unknown[]): number => {
    const count = fs.writeSync(...args);
    hooks.wrote();
    return count;
  };
  return { ...fs, writeSync };
});

/** Every handle shares one prototype, which Node does not export. */
async function watchHandles(): Promise<void> {
  const probe = await open(folder, 'r');
  const prototype = Object.getPrototypeOf(probe) as FileHandle;
  await probe.close();
  for (const name of ['write', 'truncate', 'datasync', 'sync'] as const) {
    const original = prototype[name] as (this: FileHandle, ...args: unknown[]) => Promise<unknown>;
    vi.spyOn(prototype, name).mockImplementation(async function (this: FileHandle, ...args: unknown[]) {
      const result = await original.apply(this, args);
      done.push(name);
      return result as never;
    });
  }
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dkron-journal-sync-'));
  path = join(folder, 'journal');
  done = [];
  hooks.wrote = () => void done.push('write');
  await watchHandles();
});

afterEach(async () => {
  vi.restoreAllMocks();
  await rm(dirname(path), { recursive: true });
});

describe('the journal file', () => {
  it('has reached the disk, its name included, when a synced append resolves', async () => {
    const storage = new FileJournalStorage(path);
    await storage.read();
    await storage.append(Uint8Array.of(1), true);
    expect(done.splice(0)).toEqual(['sync', 'write', 'datasync']);
    await storage.append(Uint8Array.of(2), true);
    expect(done).toEqual(['write', 'datasync']);
    await storage.close();
  });

  it('is not synced where that was not asked for', async () => {
    const storage = new FileJournalStorage(path);
    await storage.append(Uint8Array.of(1), true);
    done = [];
    await storage.append(Uint8Array.of(2), false);
    expect(done).toEqual(['write']);
    await storage.close();
  });

  it('is synced after it was cut', async () => {
    const storage = new FileJournalStorage(path);
    await storage.append(Uint8Array.of(1, 2), true);
    done = [];
    await storage.truncate(1);
    expect(done).toEqual(['truncate', 'datasync']);
    await storage.close();
  });

  it('is synced before it takes the place of the old one, and the directory after', async () => {
    const storage = new FileJournalStorage(path);
    await storage.append(Uint8Array.of(1), true);
    done = [];
    await storage.replace(Uint8Array.of(7, 8));
    expect(done).toEqual(['write', 'datasync', 'sync']);
    expect([...(await readFile(path))]).toEqual([7, 8]);
    await storage.close();
  });
});
