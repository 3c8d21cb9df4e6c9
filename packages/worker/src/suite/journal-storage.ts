import type { JournalStorage } from '../journal/storage.ts';

interface Expectation {
  toEqual(expected: unknown): void;
}

export interface JournalStorageSuiteOptions {
  /** Of the test runner. */
  readonly describe: (name: string, fn: () => void) => void;
  readonly it: (name: string, fn: () => Promise<void>) => void;
  readonly expect: (value: unknown) => Expectation;
  /** A place for one test; each call of the result opens what the one before left there. */
  readonly factory: () => Promise<() => Promise<JournalStorage>>;
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

/** Registers the tests. */
export function journalStorageSuite({ describe, it, expect, factory }: JournalStorageSuiteOptions): void {
  const reopened = async (act: (storage: JournalStorage) => Promise<void>): Promise<number[]> => {
    const open = await factory();
    const first = await open();
    await first.read();
    await act(first);
    await first.close();
    const second = await open();
    const found = await second.read();
    await second.close();
    return [...found];
  };

  describe('JournalStorage', () => {
    it('is empty at first', async () => {
      expect(await reopened(async () => {})).toEqual([]);
    });

    it('keeps what is appended, in order, synced or not', async () => {
      const found = await reopened(async (storage) => {
        await storage.append(bytes(1, 2), true);
        await storage.append(bytes(3), false);
        await storage.append(bytes(4, 5), true);
      });
      expect(found).toEqual([1, 2, 3, 4, 5]);
    });

    it('appends behind what it found', async () => {
      const open = await factory();
      for (const value of [7, 8, 9]) {
        const storage = await open();
        await storage.read();
        await storage.append(bytes(value), true);
        await storage.close();
      }
      const last = await open();
      expect([...(await last.read())]).toEqual([7, 8, 9]);
      await last.close();
    });

    it('appends behind the cut', async () => {
      const found = await reopened(async (storage) => {
        await storage.append(bytes(1, 2, 3, 4), true);
        await storage.truncate(2);
        await storage.append(bytes(9), true);
      });
      expect(found).toEqual([1, 2, 9]);
    });

    it('replaces everything, by more or by less, and appends behind it', async () => {
      const found = await reopened(async (storage) => {
        await storage.append(bytes(1, 2, 3), true);
        await storage.replace(bytes(5));
        await storage.append(bytes(6), true);
        await storage.replace(bytes(7, 8, 9, 10));
        await storage.append(bytes(11), false);
      });
      expect(found).toEqual([7, 8, 9, 10, 11]);
    });

    it('takes a first replace of nothing', async () => {
      expect(await reopened((storage) => storage.replace(bytes(1)))).toEqual([1]);
    });

    it('keeps no reference to the bytes it was given', async () => {
      const found = await reopened(async (storage) => {
        const chunk = bytes(1, 2);
        await storage.append(chunk, true);
        chunk.fill(0);
      });
      expect(found).toEqual([1, 2]);
    });
  });
}
