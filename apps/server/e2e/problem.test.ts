import { afterAll, describe, expect, it } from 'vitest';
import { ZERO_TIME } from '@dkron/runtime';
import { Planner } from '@dkron/scheduler';
import { until } from './support/api.ts';
import type { PreparedStore } from './support/prepared-store.ts';
import { definitionOf, prepare } from './support/prepared-store.ts';
import { cleanUp, tempDir, TestNode } from './support/test-node.ts';

afterAll(cleanUp);

const planner = new Planner({ region: 'global' });
const NOTHING = {
  successCount: 0,
  errorCount: 0,
  lastSuccess: null,
  lastError: null,
  status: '',
  next: ZERO_TIME,
  dependentJobs: null,
};

/** Stores a job as a version that could read `readable` in its place would have: with its ticks. */
async function storeAs(
  { stamp, apply }: PreparedStore,
  name: string,
  fields: Readonly<Record<string, unknown>>,
  problem = '',
): Promise<void> {
  const at = stamp();
  const plan = planner.planPut(definitionOf(name, { schedule: '@every 1s' }), NOTHING, undefined, at);
  const timetable = problem === '' ? {} : { problem, nextTick: null };
  const definition = definitionOf(name, { schedule: '@every 1s', ...fields });
  const rest = { submitted: NOTHING, precondition: null, plannedFrom: 0 };
  await apply({ type: 'putJob', stamp: at, definition, ...rest, plan: { ...plan, ...timetable } });
}

describe('G-S6: a stored job that this version cannot read', () => {
  it('shows its problem, is out of the timetable, is logged once, disturbs no other, and works again once edited', async () => {
    const dataDir = await tempDir();
    await prepare(dataDir, async (prepared) => {
      await storeAs(prepared, 'text', { schedule: '@every full moon' });
      await storeAs(prepared, 'zone', { schedule: '0 0 9 * * *', timezone: 'Mars/Base' });
      await storeAs(prepared, 'good', {});
    });
    const node = await TestNode.start({ dataDir });
    const problem = async (name: string) => (await node.get(`/v1/jobs/${name}`)).json.problem;
    for (const [name, words] of [
      ['text', 'full moon'],
      ['zone', 'Mars/Base'],
    ] as const) {
      expect(await until(`problem of ${name}`, () => problem(name))).toContain(words);
    }
    expect(await problem('good')).toBeUndefined();
    await until('the good job runs', async () => (await node.ticks('good', '&decision=run')).length >= 3);
    const listed = await node.list('/v1/jobs');
    expect(listed.map((item) => [item.name, item.problem !== undefined])).toEqual([
      ['good', false],
      ['text', true],
      ['zone', true],
    ]);
    expect([await node.ticks('text'), await node.ticks('zone')]).toEqual([[], []]);
    const about = (name: string) =>
      node.log.filter(
        ({ level, fields }) => level !== 'info' && (fields as { job?: string } | undefined)?.job === name,
      );
    expect([about('text'), about('zone')].map((lines) => lines.length)).toEqual([1, 1]);
    expect(about('zone')[0]).toMatchObject({
      level: 'warn',
      fields: { problem: expect.stringContaining('Mars/Base') },
    });

    await node.put('text', { schedule: '@every 1s' });
    expect(await problem('text')).toBeUndefined();
    await until('the edited job runs', async () => (await node.ticks('text', '&decision=run')).length >= 1);
    await node.stop();
    const again = await TestNode.start({ dataDir });
    expect((await again.get('/v1/jobs/zone')).json.problem).toContain('Mars/Base');
    await until('the others go on', async () => (await again.ticks('good', '&decision=run')).length >= 5);
    expect(await again.ticks('zone')).toEqual([]);
    await again.stop();
  });

  it('runs again, without the ticks of the meantime, once a version can read it', async () => {
    const dataDir = await tempDir();
    await prepare(dataDir, (prepared) => storeAs(prepared, 'healed', {}, 'unknown zone'));
    const node = await TestNode.start({ dataDir });
    const [first] = await until('runs', async () => {
      const ticks = await node.ticks('healed');
      return ticks.length > 0 && ticks;
    });
    expect(first).toMatchObject({ decision: 'run', trigger: 'schedule', count: 1 });
    expect((await node.get('/v1/jobs/healed')).json.problem).toBeUndefined();
    await node.stop();
  });
});
