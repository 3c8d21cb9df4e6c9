import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualTime, MemoryLogger, seededRandom } from '@dkron/runtime/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { journalStorageSuite } from '../suite/index.ts';
import { FileJournalStorage } from './file.ts';
import { Journal } from './journal.ts';
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

  it('leaves room behind the end, which a crash shows and nothing else', async () => {
    const path = await newPath();
    const storage = new FileJournalStorage(path);
    const modules = {
      processes: { killGroup: () => false },
      timers: new ManualTime(),
      logger: new MemoryLogger(),
      random: seededRandom(1),
    };
    const journal = await Journal.open({}, { ...modules, storage });
    const ref = { id: '1-a', attempt: 1, group: 1n, jobName: 'job' };
    const accepted = [1, 2, 3].map((attempt) => journal.accept({ ...ref, attempt }));
    await journal.flush();
    await Promise.all(accepted);
    expect((await stat(path)).size).toBeGreaterThan(journal.lengthBytes + 100_000);
    // Neither closed: as a crash leaves it.
    const found = new FileJournalStorage(path);
    const again = await Journal.open({}, { ...modules, storage: found });
    expect([again.id, again.recovered.map((one) => one.ref.attempt)]).toEqual([journal.id, [1, 2, 3]]);
    expect((await stat(path)).size).toBe(again.lengthBytes);
    const more = again.accept({ ...ref, attempt: 4 });
    await again.flush();
    await more;
    await again.close();
    const last = await Journal.open({}, { ...modules, storage: new FileJournalStorage(path) });
    expect(last.recovered.map((one) => one.ref.attempt)).toEqual([1, 2, 3, 4]);
    await last.close();
    await storage.close();
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
