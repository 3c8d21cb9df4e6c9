import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FakeWorker } from '../test/fake-worker.ts';
import { definition, Harness } from '../test/harness.ts';

const steps = fc.array(
  fc.record({
    advanceMs: fc.integer({ min: 1, max: 4_000 }),
    faults: fc.array(fc.constantFrom('none' as const, 'lost' as const, 'unheard' as const), { maxLength: 3 }),
    gapMs: fc.integer({ min: 0, max: 3_000 }),
    success: fc.boolean(),
  }),
  { minLength: 1, maxLength: 8 },
);

describe('Engine: leaders that die at any moment', () => {
  it('G-S1, G-X2, G-X3: every tick has one decision, every run ends, nothing starts twice', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (script) => {
        const h = await Harness.start();
        const worker = new FakeWorker('n1', h.time);
        worker.connect(h.engine);
        await h.put(definition('parent', '@every 5s', { retries: 1 }));
        await h.put(definition('child', '', { parentJob: 'parent' }));
        const done = new Set<string>();
        const finishAll = (success: boolean): void => {
          for (const dispatch of worker.dispatches) {
            if (done.has(dispatch.id) || worker.closedWith !== undefined) continue;
            done.add(dispatch.id);
            worker.finished(dispatch, success);
          }
        };
        /** The worker says what its journal holds: everything it got whose end the state does not know. */
        const reconnect = (): void => {
          const held = worker.dispatches.filter(({ id }) =>
            ['pending', 'running'].includes(h.store.getExecution(id)!.state),
          );
          const items = held.map(({ id, attempt }) => worker.item(id, done.has(id) ? 'finished' : 'accepted', attempt));
          for (const { id } of held) done.delete(id);
          worker.connect(h.engine, items);
        };
        for (const { advanceMs, faults, gapMs, success } of script) {
          h.log.faults.push(...faults);
          await h.time.advance(advanceMs);
          finishAll(success);
          await h.time.advance(1);
          h.log.faults.length = 0;
          await h.failOver(gapMs);
          reconnect();
          await h.time.advance(1);
        }
        await h.time.advance(1_500);
        await h.toggle('parent');
        for (let i = 0; i < 8; i++) {
          finishAll(true);
          await h.time.advance(1_100);
        }
        const ticks = h.entries('parent').map(({ tick }) => tick);
        const nextTick = h.store.getJob('parent')!.state.decidedUpTo;
        expect(new Set(ticks).size).toBe(ticks.length);
        expect(ticks.at(-1) ?? nextTick).toBe(nextTick);
        expect(ticks.every((tick, i) => i === 0 || tick - ticks[i - 1]! === 5_000_000_000n)).toBe(true);
        expect([...h.store.openExecutions()]).toEqual([]);
        expect(h.dues()).toEqual([]);
        const ids = worker.dispatches.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
      }),
      { numRuns: 40 },
    );
  }, 30_000);
});
