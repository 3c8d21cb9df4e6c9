import type { FinishedReport } from '@dkron/jobs';
import { ManualTime, MemoryLogger, seededRandom } from '@dkron/runtime/testing';
import { ZERO_TIME } from '@dkron/runtime';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Journal } from './journal.ts';
import type { JournalOptions } from './journal.ts';
import { HEADER_BYTES } from './log.ts';
import { MemoryJournalStorage } from './memory.ts';
import type { AttemptRef } from './record.ts';

const ref = (n: number): AttemptRef => ({
  id: `${n}-näme`,
  attempt: n + 1,
  group: BigInt(n) * 10n ** 15n,
  jobName: `job${n}`,
});

function reportOf(length: number, over: Partial<FinishedReport> = {}): FinishedReport {
  const tail = new Uint8Array(length).fill(66);
  const output = { head: tail.subarray(0, 16_384), tail, totalBytes: length };
  return {
    success: false,
    cancelled: false,
    reason: 'exit',
    exitCode: -1,
    startedAt: ZERO_TIME,
    finishedAt: 1_790_000_000_123_456_789n,
    output,
    ...over,
  };
}

class Desk {
  readonly time = new ManualTime();
  readonly logger = new MemoryLogger();
  readonly killed: [number, string][] = [];

  open(storage: MemoryJournalStorage, seed = 1, options: JournalOptions = {}): Promise<Journal> {
    const processes = { killGroup: (group: number, at: string): boolean => this.killed.push([group, at]) > 0 };
    return Journal.open(options, {
      storage,
      processes,
      timers: this.time,
      logger: this.logger,
      random: seededRandom(seed),
    });
  }
}

describe('journal', () => {
  it('gives back what was recorded, exactly', async () => {
    const desk = new Desk();
    const storage = new MemoryJournalStorage();
    const journal = await desk.open(storage);
    journal.term('cluster', 42n);
    for (const n of [0, 1, 2, 3]) void journal.accept(ref(n));
    journal.start(ref(1), { at: 5n, processGroup: 0, startTime: '' });
    journal.start(ref(1), { at: 5n, processGroup: 77, startTime: '123' });
    const big = { head: new Uint8Array(16_384).fill(1), tail: new Uint8Array(256_000).fill(2), totalBytes: 2 ** 40 };
    journal.finish(ref(2), reportOf(0, { output: big, success: true, reason: null, exitCode: 0 }));
    journal.finish(ref(3), reportOf(3));
    journal.done(ref(3));
    await journal.close();
    const again = await desk.open(storage, 2);
    expect(again.id).toBe(journal.id);
    expect([again.maxTerm, again.maxTermOf('cluster'), again.maxTermOf('x')]).toEqual([42n, 42n, 0n]);
    expect(again.recovered).toEqual([
      { ref: ref(0), start: null, report: null },
      { ref: ref(1), start: { at: 5n, processGroup: 77, startTime: '123' }, report: null },
      { ref: ref(2), start: null, report: reportOf(0, { output: big, success: true, reason: null, exitCode: 0 }) },
    ]);
    expect(desk.killed).toEqual([[77, '123']]);
  });

  it('is rewritten when it is long and half dead, and keeps the living', async () => {
    const desk = new Desk();
    const storage = new MemoryJournalStorage();
    const journal = await desk.open(storage, 1, { rewriteAboveBytes: 10_000 });
    journal.term('cluster', 3n);
    void journal.accept(ref(500));
    let longest = 0;
    for (let n = 0; n < 100; n++) {
      void journal.accept(ref(n));
      journal.finish(ref(n), reportOf(1000));
      journal.done(ref(n));
      await journal.flush();
      longest = Math.max(longest, storage.bytes.length);
    }
    expect(longest).toBeLessThan(12_000);
    const again = await desk.open(storage, 2);
    expect(again.recovered.map((row) => row.ref)).toEqual([ref(500)]);
    expect([again.id, again.maxTerm]).toEqual([journal.id, 3n]);
  });

  it('refuses accepts after it was closed', async () => {
    const journal = await new Desk().open(new MemoryJournalStorage());
    await journal.close();
    await expect(journal.accept(ref(1))).rejects.toMatchObject({ code: 'journal-closed' });
  });

  it('an unreadable store is an error with a code', async () => {
    const storage = new MemoryJournalStorage();
    storage.failure = new Error('EROFS');
    await expect(new Desk().open(storage)).rejects.toMatchObject({ code: 'journal-io' });
  });

  it('an accept made at any moment of a write under way is written soon', async () => {
    for (let depth = 0; depth < 12; depth++) {
      const desk = new Desk();
      const storage = new MemoryJournalStorage();
      const journal = await desk.open(storage);
      let written = 0;
      const late = async (): Promise<void> => {
        await journal.accept(ref(1));
        for (let i = 0; i < depth; i++) await Promise.resolve();
        await journal.accept(ref(2));
        written++;
      };
      void late();
      await desk.time.advance(0);
      expect(written, `${depth} microtasks after the write`).toBe(1);
    }
  });
});

/** A journal written in batches, and after each batch what must be found from then on. */
async function written(): Promise<{ bytes: Uint8Array; id: string; steps: { durable: number; rows: string[] }[] }> {
  const desk = new Desk();
  const storage = new MemoryJournalStorage();
  const journal = await desk.open(storage);
  const steps: { durable: number; rows: string[] }[] = [];
  const rows = new Set<string>();
  const step = async (): Promise<void> => {
    await journal.flush();
    steps.push({ durable: storage.bytes.length, rows: [...rows] });
  };
  await step();
  journal.term('c', 1n);
  await step();
  for (let n = 0; n < 6; n++) {
    void journal.accept(ref(n));
    rows.add(`${ref(n).id} open`);
    await step();
    if (n % 3 === 0) continue;
    journal.finish(ref(n), reportOf(20));
    rows.delete(`${ref(n).id} open`);
    rows.add(`${ref(n).id} finished`);
    await step();
    if (n % 3 === 1) continue;
    journal.done(ref(n));
    rows.delete(`${ref(n).id} finished`);
    await step();
  }
  return { bytes: storage.bytes, id: journal.id, steps };
}

const sorted = (rows: readonly string[] = []): string[] => rows.toSorted();

const rowsOf = (journal: Journal): string[] =>
  journal.recovered.map(({ ref: { id }, report }) => `${id} ${report ? 'finished' : 'open'}`).sort();

describe('crash', () => {
  it('at every byte: the synced records are there, nothing is invented, and the journal goes on', async () => {
    const { bytes, id, steps } = await written();
    for (let length = 0; length <= bytes.length; length++) {
      const storage = new MemoryJournalStorage(bytes.subarray(0, length));
      const desk = new Desk();
      const journal = await desk.open(storage, 2);
      const due = steps.findLast(({ durable }) => durable <= length);
      expect(rowsOf(journal), `prefix of ${length} bytes`).toEqual(sorted(due?.rows));
      expect(journal.id === id, `prefix of ${length} bytes`).toBe(length >= HEADER_BYTES);
      void journal.accept(ref(900));
      await journal.close();
      expect(rowsOf(await desk.open(storage, 3)), `prefix of ${length} bytes`).toContain(`${ref(900).id} open`);
    }
  });

  it('with garbage in the last write: as a crash before it', async () => {
    const { bytes, id, steps } = await written();
    await fc.assert(
      fc.asyncProperty(
        fc.nat(steps.length - 1),
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        async (n, garbage) => {
          const { durable, rows } = steps[n]!;
          const storage = new MemoryJournalStorage(Buffer.concat([bytes.subarray(0, durable), garbage]));
          const journal = await new Desk().open(storage, 2);
          expect(rowsOf(journal)).toEqual(sorted(rows));
          expect(journal.id).toBe(id);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('a changed byte among synced records makes a new journal, with what could be read', async () => {
    const { bytes, id, steps } = await written();
    const lastWrite = steps.at(-2)!.durable;
    for (let at = 0; at < lastWrite - 60; at++) {
      const changed = bytes.slice();
      changed[at]! ^= 0x40;
      const desk = new Desk();
      const journal = await desk.open(new MemoryJournalStorage(changed), 2);
      expect(journal.id, `byte ${at}`).not.toBe(id);
      const readable = steps.findLast(({ durable }) => durable <= at);
      expect(rowsOf(journal), `byte ${at}`).toEqual(sorted(readable?.rows));
      expect(desk.logger.records.map(({ event }) => event)).toContain('journal damaged, a new one begins');
    }
  });
});
