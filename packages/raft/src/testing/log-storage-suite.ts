import { deepStrictEqual, ok, rejects, strictEqual } from 'node:assert/strict';
import { seededRandom } from '@dkron/runtime/testing';
import type { ConfState, Entry, HardState } from '../core/types.ts';
import { StorageError } from '../storage/errors.ts';
import type { LogStorage } from '../storage/ports.ts';
import { after, EMPTY_MODEL, operate, randomOperation, stateOf } from './log-model.ts';
import type { SuiteFunctions } from './suite.ts';

/** One place that logs are kept, and the ways they end there. */
export interface LogPlace {
  /** An instance over what the place holds; the one before was closed or ended by `crash`. */
  make(): LogStorage;
  /** Ends the process in the middle of things: what was not synced may be lost, also in parts. Absent: cannot be done. */
  readonly crash?: () => Promise<void>;
  dispose(): Promise<void>;
}

const MODEL_SEEDS = 25;
const MODEL_STEPS = 80;
const CONF: ConfState = {
  voters: ['a', 'b', 'ü'],
  learners: ['l'],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};

const LONG_CONF: ConfState = { ...CONF, learners: ['x'.repeat(70_000)] };

/** What every `LogStorage` must do. */
export function logStorageSuite(
  name: string,
  { describe, it }: SuiteFunctions,
  makePlace: () => Promise<LogPlace>,
): void {
  const test = (title: string, body: (log: LogStorage, again: () => Promise<LogStorage>) => Promise<void>): void => {
    it(title, async () => {
      const place = await makePlace();
      let log = place.make();
      try {
        await log.open();
        await body(log, async () => {
          await log.close();
          log = place.make();
          await log.open();
          return log;
        });
      } finally {
        await log.close();
        await place.dispose();
      }
    });
  };

  describe(`${name} as LogStorage`, () => {
    test('is empty at first, and knows it', async (log) => {
      deepStrictEqual(log.state(), stateOf(EMPTY_MODEL));
      deepStrictEqual(await log.read(1, 1, 0), []);
      strictEqual(await log.read(0, 1, 0), 'compacted');
    });

    test('gives back entries, hard state and memberships after a restart', async (log, again) => {
      const entries = [entry(1, 1), entry(2, 1, 'x', 1), entry(3, 3, ''), entry(4, 3, 'y'.repeat(9000), 2)];
      await log.append({ entries, hardState: hard(3, 'b', 2), confs: [{ index: 2, confState: CONF }] }, true);
      const reopened = await again();
      deepStrictEqual(reopened.state(), {
        hardState: hard(3, 'b', 2),
        firstIndex: 1,
        lastIndex: 4,
        termRuns: [
          { index: 0, term: 0 },
          { index: 1, term: 1 },
          { index: 3, term: 3 },
        ],
        confIndexes: [2, 4],
        confHistory: [{ index: 2, confState: CONF }],
        boundary: { index: 0, term: 0 },
      });
      deepStrictEqual(plain(await reopened.read(1, 5, Infinity)), plain(entries));
    });

    test('truncates and appends in one step', async (log, again) => {
      await log.append({ entries: [entry(1), entry(2), entry(3)], hardState: hard(1) }, true);
      await log.append({ truncateFrom: 2, entries: [entry(2, 2, 'new')], hardState: hard(2) }, true);
      deepStrictEqual(plain(await log.read(1, 3, Infinity)), plain([entry(1), entry(2, 2, 'new')]));
      const reopened = await again();
      strictEqual(reopened.state().lastIndex, 2);
      deepStrictEqual(plain(await reopened.read(1, 3, Infinity)), plain([entry(1), entry(2, 2, 'new')]));
    });

    test('reads at least one entry, and no more data than asked for', async (log) => {
      const entries = Array.from({ length: 50 }, (_, i) => entry(i + 1, 1, 'x'.repeat(100)));
      await log.append({ entries: entries.slice(0, 20), hardState: hard(1) }, true);
      for (const one of entries.slice(20)) await log.append({ entries: [one] }, false);
      deepStrictEqual(plain(await log.read(5, 51, 0)), plain(entries.slice(4, 5)));
      deepStrictEqual(plain(await log.read(5, 51, 350)), plain(entries.slice(4, 7)));
      deepStrictEqual(plain(await log.read(19, 51, 700)), plain(entries.slice(18, 25)));
      deepStrictEqual(plain(await log.read(49, 51, Infinity)), plain(entries.slice(48)));
    });

    test('a read sees every append called before it', async (log) => {
      const appended = log.append({ entries: [entry(1), entry(2)], hardState: hard(1) }, true);
      const found = log.read(1, 3, Infinity);
      const truncated = log.append({ truncateFrom: 1, entries: [entry(1, 2)], hardState: hard(2) }, true);
      deepStrictEqual(plain(await found), plain([entry(1), entry(2)]));
      await Promise.all([appended, truncated]);
      deepStrictEqual(plain(await log.read(1, 2, Infinity)), plain([entry(1, 2)]));
    });

    test('compacts a prefix and remembers the boundary, also when nothing is left', async (log, again) => {
      await log.append(
        { entries: [entry(1), entry(2, 2), entry(3, 2)], hardState: hard(2), confs: [{ index: 1, confState: CONF }] },
        true,
      );
      await log.compact(2);
      strictEqual(log.state().firstIndex, 3);
      strictEqual(await log.read(2, 4, Infinity), 'compacted');
      deepStrictEqual(plain(await log.read(3, 4, Infinity)), plain([entry(3, 2)]));
      await log.compact(1);
      await log.compact(3);
      const reopened = await again();
      const { lastIndex, termRuns, confHistory } = reopened.state();
      ok(lastIndex === 3 && termRuns.at(-1)?.term === 2);
      deepStrictEqual(confHistory, [{ index: 1, confState: CONF }]);
      await reopened.append({ entries: [entry(4, 2)] }, true);
    });

    test('reset empties it and sets boundary, hard state and membership in one step', async (log, again) => {
      await log.append({ entries: [entry(1), entry(2)], hardState: hard(1, 'a', 1) }, true);
      await log.reset({ index: 10, term: 4 }, { hardState: hard(5), confState: CONF });
      const expected = {
        hardState: hard(5, '', 10),
        firstIndex: 11,
        lastIndex: 10,
        termRuns: [{ index: 10, term: 4 }],
        confIndexes: [],
        confHistory: [{ index: 10, confState: CONF }],
        boundary: { index: 10, term: 4 },
      };
      deepStrictEqual(log.state(), expected);
      const reopened = await again();
      deepStrictEqual(reopened.state(), expected);
      await reopened.append({ entries: [entry(11, 5)] }, true);
      deepStrictEqual(plain(await reopened.read(11, 12, Infinity)), plain([entry(11, 5)]));
    });

    test('refuses what is no continuation, and stays as it was', async (log, again) => {
      await log.append({ entries: [entry(1), entry(2, 2), entry(3, 2)], hardState: hard(2, 'a', 1) }, true);
      const before = log.state();
      const wrong: (() => Promise<unknown>)[] = [
        () => log.append({ entries: [entry(5, 2)] }, true),
        () => log.append({ entries: [entry(3, 2)] }, true),
        () => log.append({ entries: [entry(4, 1)] }, true),
        () => log.append({ entries: [entry(4, 3)] }, true),
        () => log.append({ entries: [entry(4, 2), entry(6, 2)] }, true),
        () => log.append({ truncateFrom: 1, entries: [entry(1, 2)] }, true),
        () => log.append({ truncateFrom: 5 }, true),
        () => log.append({ truncateFrom: 0 }, true),
        () => log.append({ commit: 4 }, true),
        () => log.append({ commit: 0 }, true),
        () => log.append({ hardState: hard(1, 'a', 1) }, true),
        () => log.append({ hardState: hard(2, 'b', 1) }, true),
        () => log.append({ hardState: hard(2, '', 1) }, true),
        () => log.append({ confs: [{ index: 4, confState: CONF }] }, true),
        () => log.append({ hardState: hard(3, 'x'.repeat(70_000), 1) }, true),
        () => log.append({ entries: [{ ...entry(4, 2), type: 9 as never }] }, true),
        () => log.append({ entries: [entry(4, 2)], confs: [{ index: 4, confState: LONG_CONF }] }, true),
        () => log.reset({ index: 9, term: 2 }, { confState: LONG_CONF }),
        () => log.compact(4),
        () => log.compact(-1),
        () => log.compact(1.5),
        () => log.reset({ index: 0, term: 0 }),
        () => log.reset({ index: 10, term: 3 }),
        () => log.read(1, 5, 1),
        () => log.read(3, 2, 1),
      ];
      for (const [i, attempt] of wrong.entries()) {
        await rejects(attempt(), TypeError, `attempt ${i}`);
        deepStrictEqual(log.state(), before, `attempt ${i}`);
      }
      await log.append({ entries: [entry(4, 2)] }, true);
      strictEqual((await again()).state().lastIndex, 4);
    });

    test('a vote is kept until the term rises', async (log, again) => {
      await log.append({ hardState: hard(3, 'a') }, true);
      const reopened = await again();
      deepStrictEqual(reopened.state().hardState, hard(3, 'a'));
      await rejects(reopened.append({ hardState: hard(3, 'b') }, true), TypeError);
      await reopened.append({ hardState: hard(4, 'b') }, true);
    });

    it('takes nothing when it is not open', async () => {
      const place = await makePlace();
      const log = place.make();
      const closed = (error: unknown): boolean => error instanceof StorageError && error.code === 'log_closed';
      await rejects(log.append({ commit: 0 }, true), closed);
      await log.open();
      const last = log.append({ hardState: hard(1) }, true);
      await log.close();
      await last;
      await log.close();
      await rejects(log.append({ commit: 0 }, true), closed);
      await rejects(log.read(1, 1, 1), closed);
      await place.dispose();
    });

    it(`is equal to plain arrays under random operations and restarts (${MODEL_SEEDS} seeds)`, async () => {
      for (let seed = 1; seed <= MODEL_SEEDS; seed++) {
        const place = await makePlace();
        await runModel(place, seed);
        await place.dispose();
      }
    });
  });
}

/** Operations one after the other; restarts in between, by crash where the place can. */
async function runModel(place: LogPlace, seed: number): Promise<void> {
  const random = seededRandom(seed);
  let model = EMPTY_MODEL;
  let log = place.make();
  await log.open();
  for (let step = 0; step < MODEL_STEPS; step++) {
    const where = `seed ${seed}, step ${step}`;
    if (random.nextInt(12) === 0) {
      if (place.crash !== undefined && random.nextInt(2) === 0) {
        // The hard state once more: makes everything before it durable.
        await log.append({ hardState: model.hardState }, true);
        await place.crash();
      } else await log.close();
      log = place.make();
      await log.open();
    } else {
      const operation = randomOperation(model, random, 6000);
      await operate(log, operation);
      model = after(model, operation);
    }
    deepStrictEqual(log.state(), stateOf(model), where);
    const { firstIndex, lastIndex } = log.state();
    deepStrictEqual(plain(await log.read(firstIndex, lastIndex + 1, Infinity)), plain(model.entries), where);
  }
  await log.close();
}

function entry(index: number, term = 1, text = `entry ${index}`, type: Entry['type'] = 0): Entry {
  return { term, index, type, data: new TextEncoder().encode(text) };
}

function hard(term: number, vote = '', commit = 0): HardState {
  return { term, vote, commit };
}

function plain(entries: readonly Entry[] | 'compacted'): object[] | string {
  if (entries === 'compacted') return entries;
  return entries.map(({ term, index, type, data }) => ({
    term,
    index,
    type,
    data: Buffer.from(data).toString('base64'),
  }));
}
