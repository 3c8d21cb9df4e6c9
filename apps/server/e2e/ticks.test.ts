import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { job, shell, until } from './support/api.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

let node: TestNode;
beforeAll(async () => {
  node = await TestNode.start({ defaultTimezone: 'Asia/Tokyo' });
});
afterAll(cleanUp);

const ran = (name: string, count = 1) =>
  until(`${name} ran ${count} times`, async () => {
    const ticks = await node.ticks(name, '&decision=run');
    return ticks.length >= count && ticks;
  });
const toggle = (name: string) => node.call('POST', `/v1/jobs/${name}/toggle`);
const seconds = (time: string) => Math.floor(Date.parse(time) / 1_000);
const inSeconds = (ahead: number) => new Date((Math.floor(Date.now() / 1_000) + ahead) * 1_000).toISOString();

describe('scheduled runs', () => {
  it('leave one entry per tick, each with its execution', async () => {
    await node.put('every', { schedule: '@every 1s' });
    const ticks = await ran('every', 3);
    ticks.forEach((tick, i) => {
      expect(tick).toMatchObject({ trigger: 'schedule', reason: '', count: 1, last_tick: tick.tick });
      expect(seconds(tick.tick)).toBe(seconds(ticks[0].tick) + i);
      expect(tick.executions).toHaveLength(1);
    });
    const execution = (await node.get(`/v1/executions/${ticks[0].executions[0]}`)).json;
    expect(execution).toMatchObject({ trigger: 'schedule', tick: ticks[0].tick });
    await toggle('every');
  });

  it('G-S16: what passed while a job was disabled is one entry, written when it is enabled', async () => {
    await node.put('off', { schedule: '@every 1s', disabled: true });
    await pause(2_000);
    expect(await node.executions('off')).toEqual([]);
    await toggle('off');
    const [range] = await node.ticks('off');
    expect(range).toMatchObject({ decision: 'skipped', reason: 'disabled', trigger: 'schedule' });
    expect(range.count).toBe(seconds(range.last_tick) - seconds(range.tick) + 1);
    const [first] = await ran('off');
    expect(seconds(first.tick)).toBe(seconds(range.last_tick) + 1);
    await toggle('off');
  });

  it('G-S16: what passed while the scheduler was paused is one entry; runs by hand go on', async () => {
    await node.put('halted', { schedule: '@every 1s' });
    expect((await node.call('POST', '/v1/scheduler/pause')).json).toEqual({ paused: true });
    await pause(2_000);
    await node.call('POST', '/v1/jobs/halted/run');
    expect((await node.executions('halted')).map((item) => item.trigger)).toContain('manual');
    expect((await node.call('POST', '/v1/scheduler/resume')).json).toEqual({ paused: false });
    const skipped = await until('range', async () => (await node.ticks('halted', '&reason=paused'))[0]);
    expect(skipped).toMatchObject({ decision: 'skipped', trigger: 'schedule' });
    expect(skipped.count).toBeGreaterThanOrEqual(1);
    const runs = await ran('halted', 2);
    const first = runs.find((tick) => tick.trigger === 'schedule' && tick.tick > skipped.last_tick) ?? runs.at(-1);
    expect(seconds(first.tick)).toBeGreaterThan(seconds(skipped.last_tick));
    await toggle('halted');
  });

  it('G-S16: no matching node is an entry, not silence', async () => {
    await node.put('nowhere', { schedule: '@every 1s', tags: { role: 'absent:1' } });
    const tick = await until('no_targets', async () => (await node.ticks('nowhere', '&reason=no_targets'))[0]);
    expect(tick).toMatchObject({ decision: 'skipped', trigger: 'schedule' });
    expect((await node.call('POST', '/v1/jobs/nowhere/run')).status).toBe(404);
    await toggle('nowhere');
  });

  it('G-S11: a job that expired runs no more and says when it stopped', async () => {
    await node.put('expiring', { schedule: '@every 1s', expires_at: inSeconds(2) });
    const expired = await until('expired', async () => (await node.ticks('expiring', '&reason=expired'))[0]);
    expect(expired.decision).toBe('skipped');
    const runs = (await node.ticks('expiring')).length;
    await pause(1_200);
    expect(await node.ticks('expiring')).toHaveLength(runs);
  });

  it('starts_at holds ticks back; the first decision after it tells how many', async () => {
    const startsAt = inSeconds(3);
    await node.put('later', { schedule: '@every 1s', starts_at: startsAt });
    expect((await node.get('/v1/jobs/later')).json.next).toBe(startsAt.replace('.000', ''));
    const [first] = await ran('later');
    expect(seconds(first.tick)).toBeGreaterThanOrEqual(seconds(startsAt));
    const held = await node.ticks('later', '&reason=not_started');
    expect(held).toMatchObject([{ decision: 'skipped' }]);
    expect(seconds(held[0].last_tick)).toBeLessThan(seconds(startsAt));
    await toggle('later');
  });
});

describe('schedules', () => {
  it('G-S4: an edit and two toggles keep the phase of @every; a new text sets it anew', async () => {
    await node.put('phase', { schedule: '@every 1h' });
    const next = async () => (await node.get('/v1/jobs/phase')).json.next;
    const before = await next();
    await pause(1_100);
    await node.put('phase', { schedule: '@every 1h', owner: 'me' });
    await toggle('phase');
    await toggle('phase');
    expect(await next()).toBe(before);
    await node.put('phase', { schedule: '@every 60m' });
    expect(seconds(await next())).toBeGreaterThan(seconds(before));
  });

  it('G-S7: @after runs once, whatever is edited within its grace', async () => {
    const schedule = `@after ${inSeconds(1).replace('.000', '')} <PT1H`;
    await node.put('after', { schedule });
    await ran('after');
    await node.put('after', { schedule, owner: 'me' });
    await toggle('after');
    await toggle('after');
    await pause(1_100);
    expect(await node.ticks('after', '&decision=run')).toHaveLength(1);
    const late = `@after ${inSeconds(-60).replace('.000', '')} <PT1H`;
    await node.put('after-late', { schedule: late });
    await ran('after-late');
    expect(await node.ticks('after-late', '&decision=run')).toHaveLength(1);
  });

  it('G-S2, G-S3: descriptors and next obey the zone of the job; G-S13: the default zone is the cluster’s', async () => {
    await node.put('daily', { schedule: '@daily', timezone: 'America/New_York' });
    const next = new Date((await node.get('/v1/jobs/daily')).json.next);
    expect(hourIn('America/New_York', next)).toBe(0);
    await node.put('tokyo', { schedule: '0 0 9 * * *' });
    expect(hourIn('Asia/Tokyo', new Date((await node.get('/v1/jobs/tokyo')).json.next))).toBe(9);
  });

  it('runoncreate runs at once', async () => {
    await node.call('POST', '/v1/jobs?runoncreate', { body: job('eager', shell('echo now')) });
    await until('ran', async () => (await node.executions('eager'))[0]?.output === 'now\n');
    expect((await node.executions('eager'))[0].trigger).toBe('create');
  });
});

function hourIn(timeZone: string, at: Date): number {
  return Number(new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit' }).format(at));
}
