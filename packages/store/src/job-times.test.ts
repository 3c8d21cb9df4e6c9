import { expect, it } from 'vitest';
import { finished, jobDefinition, manualRun, putJob } from './testing/fixtures.ts';
import { openHarness } from './testing/harness.ts';

it('G-R12: last times sort as instants, down to the nanosecond, also where their texts do not', async () => {
  const { store, apply, update, stamp } = await openHarness();
  // Go writes .1, .09 and .100000001 with as many digits as needed; as texts without a zone their order is another.
  const second = 1_700_000_000_000_000_000n;
  const times = { a: second + 100_000_000n, b: second + 90_000_000n, c: second + 100_000_001n, d: second, e: 9n };
  for (const [name, finishedAt] of Object.entries(times)) {
    await apply(putJob(stamp(), jobDefinition(name)));
    const group = stamp();
    await apply(manualRun(group, name));
    await update(finished(`${group}-n1`, 'success', { finishedAt }));
  }
  const names = (order: 'asc' | 'desc') =>
    store.listJobs({ sort: 'last_success', order }).jobs.map(({ definition }) => definition.name);
  expect(names('asc')).toEqual(['e', 'd', 'b', 'a', 'c']);
  expect(names('desc')).toEqual(['c', 'a', 'b', 'd', 'e']);
});
