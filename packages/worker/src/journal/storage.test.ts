import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { journalStorageSuite } from '../suite/index.ts';
import { FileJournalStorage } from './file.ts';
import { MemoryJournalStorage } from './memory.ts';

const directories: string[] = [];

async function newPath(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'dkron-journal-'));
  directories.push(directory);
  return join(directory, 'made', 'journal');
}

afterAll(() => Promise.all(directories.map((path) => rm(path, { recursive: true }))));

describe('file', () => {
  journalStorageSuite({
    describe,
    it,
    expect,
    factory: async () => {
      const path = await newPath();
      return () => Promise.resolve(new FileJournalStorage(path));
    },
  });

  it('is private, leaves no second file, and drops one a crash left', async () => {
    const path = await newPath();
    const storage = new FileJournalStorage(path);
    await storage.read();
    await storage.replace(Uint8Array.of(1));
    await storage.close();
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(path, '..'))).toEqual(['journal']);
  });

  it('a path that cannot be made rejects', async () => {
    await expect(new FileJournalStorage('/dev/null/journal').read()).rejects.toMatchObject({ code: 'EEXIST' });
  });
});

describe('memory', () => {
  journalStorageSuite({
    describe,
    it,
    expect,
    factory: () => {
      const storage = new MemoryJournalStorage();
      return Promise.resolve(() => Promise.resolve(storage));
    },
  });
});
