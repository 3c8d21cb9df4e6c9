import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { job } from './support/api.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.start({ defaultTimezone: 'Europe/Berlin' });
});
afterAll(cleanUp);

const ask = (query: Readonly<Record<string, string>>, headers = {}) =>
  node.get(`/v1/schedules/preview?${new URLSearchParams(query).toString()}`, headers);

describe('the preview of a schedule', () => {
  it('G-S10: shows what clock changes do, in the zone of the job or of the cluster', async () => {
    const spring = { schedule: '0 30 2 * * *', from: '2026-03-27T12:00:00Z', count: '2' };
    expect((await ask(spring)).json).toEqual({
      schedule: '0 30 2 * * *',
      resolved: '0 30 2 * * *',
      timezone: 'Europe/Berlin',
      description: expect.stringMatching(/02:30.*Europe\/Berlin/),
      next: [
        { tick: '2026-03-28T01:30:00Z', local: '2026-03-28T02:30:00+01:00', notes: [] },
        { tick: '2026-03-30T00:30:00Z', local: '2026-03-30T02:30:00+02:00', notes: ['gap'] },
      ],
      complete: false,
    });
    const moved = (await ask({ ...spring, dst_gap: 'after' })).json.next[1];
    expect(moved).toEqual({ tick: '2026-03-29T01:00:00Z', local: '2026-03-29T03:00:00+02:00', notes: ['moved'] });
    const autumn = { schedule: '0 30 2 * * *', from: '2026-10-24T12:00:00Z', count: '2' };
    const notes = async (query: Record<string, string>) =>
      (await ask(query)).json.next.map((one: { notes: string[] }) => one.notes);
    expect(await notes(autumn)).toEqual([['overlap_first'], ['overlap_last']]);
    expect(await notes({ ...autumn, dst_overlap: 'last' })).toEqual([['overlap_last'], []]);
    expect(await notes({ ...autumn, timezone: 'Asia/Tokyo' })).toEqual([[], []]);
  });

  it('resolves ~ as the job of that name would, and counts 5 ticks', async () => {
    const answer = (await ask({ schedule: '~ ~ * * * *', job: 'backup' })).json;
    expect(answer.resolved).toMatch(/^\d+ \d+ \* \* \* \*$/);
    expect(answer.next).toHaveLength(5);
    await node.put('backup', { schedule: '~ ~ * * * *' });
    expect((await node.get('/v1/jobs/backup')).json.next).toBe(answer.next[0].tick);
  });

  it('says when there is no further tick', async () => {
    const once = { schedule: '@at 2030-01-01T00:00:00Z', from: '2029-01-01T00:00:00Z' };
    expect((await ask(once)).json).toMatchObject({ next: [{ tick: '2030-01-01T00:00:00Z' }], complete: true });
    expect((await ask({ ...once, from: '2031-01-01T00:00:00Z' })).json).toMatchObject({ next: [], complete: true });
    expect((await ask({ schedule: '@manually' })).json).toMatchObject({ next: [], complete: true });
    const every = await ask({ schedule: '@every 1h', from: '2026-01-01T00:20:00Z', count: '1' });
    expect(every.json).toMatchObject({ next: [{ tick: '2026-01-01T01:20:00Z' }], complete: false });
  });

  it.each([
    [{ schedule: '0 0 99 * * *' }, { code: 'invalid_schedule', field: 'schedule', column: 5 }],
    [{ schedule: 'TZ=UTC' }, { code: 'invalid_schedule', field: 'schedule', column: 7 }],
    [
      { schedule: '@daily', timezone: 'Mars/Base' },
      { code: 'unknown_zone', field: 'timezone', value: 'Mars/Base' },
    ],
    [{}, { code: 'invalid_value', field: 'schedule' }],
    [
      { schedule: '@daily', count: '0' },
      { field: 'count', value: '0', allowed: 'a whole number from 1 to 100' },
    ],
    [{ schedule: '@daily', count: '101' }, { field: 'count' }],
    [
      { schedule: '@daily', from: 'tomorrow' },
      { field: 'from', value: 'tomorrow' },
    ],
    [
      { schedule: '@daily', dst_gap: 'odd' },
      { field: 'dst_gap', allowed: 'skip, after' },
    ],
    [
      { schedule: '@daily', dst_overlap: 'odd' },
      { field: 'dst_overlap', allowed: 'both, first, last' },
    ],
  ])('%o is 400, naming the field', async (query, expected) => {
    const answer = await ask(query);
    expect([answer.status, answer.json]).toMatchObject([400, expected]);
  });

  it('names all findings, and takes GET only', async () => {
    const answer = await ask({ count: 'x', dst_gap: 'y' });
    expect(answer.json.problems.map(({ field }: { field: string }) => field)).toEqual(['schedule', 'dst_gap', 'count']);
    const posted = await node.call('POST', '/v1/schedules/preview', { body: job('x') });
    expect([posted.status, posted.headers.get('allow')]).toEqual([405, 'GET']);
  });
});
