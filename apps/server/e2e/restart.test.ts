import { writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { shell, until } from './support/api.ts';
import { cleanUp, tempDir, TestNode } from './support/test-node.ts';

afterAll(cleanUp);

const seconds = (time: string) => Math.floor(Date.parse(time) / 1_000);
const inSeconds = (ahead: number) => new Date((Math.floor(Date.now() / 1_000) + ahead) * 1_000).toISOString();
const reached = (time: string) => pause(Math.max(0, Date.parse(time) - Date.now()));

describe('what a restart does not lose', () => {
  it('expires_at: a job that expired while no server ran says so once, and runs no more', async () => {
    const dataDir = await tempDir();
    const first = await TestNode.start({ dataDir });
    const expiresAt = inSeconds(5);
    await first.put('ends', { schedule: '@every 1s', expires_at: expiresAt });
    await until('a run', async () => (await first.ticks('ends', '&decision=run')).length > 0);
    await first.stop();
    await reached(expiresAt);
    await pause(1_100);
    const second = await TestNode.start({ dataDir });
    await until('expired', async () => (await second.ticks('ends', '&reason=expired')).length > 0);
    const ticks = await second.ticks('ends');
    await second.stop();
    const third = await TestNode.start({ dataDir });
    await pause(1_200);
    expect(await third.ticks('ends')).toEqual(ticks);
    await third.stop();
    const last = ticks.at(-1);
    expect(last).toMatchObject({ decision: 'skipped', reason: 'expired', count: 1 });
    expect(seconds(last.tick)).toBe(seconds(expiresAt) + 1);
    const before = ticks.slice(0, -1);
    expect(before.every((tick) => tick.decision === 'run')).toBe(true);
    const start = seconds(before[0].tick);
    expect(before.map((tick) => seconds(tick.tick))).toEqual(before.map((_, i) => start + i));
    expect(seconds(before.at(-1).tick)).toBe(seconds(expiresAt));
  });

  it('starts_at: a job that waits goes on waiting, and tells how many ticks it held back', async () => {
    const dataDir = await tempDir();
    const first = await TestNode.start({ dataDir });
    // Far enough ahead that a busy machine has restarted the server by then.
    const startsAt = inSeconds(8);
    await first.put('waits', { schedule: '@every 1s', starts_at: startsAt });
    await pause(1_100);
    await first.stop();
    const second = await TestNode.start({ dataDir });
    expect((await second.get('/v1/jobs/waits')).json.next).toBe(startsAt.replace('.000', ''));
    expect(await second.ticks('waits')).toEqual([]);
    await until('runs', async () => (await second.ticks('waits', '&decision=run')).length >= 2);
    const [held, ...runs] = await second.ticks('waits');
    expect(held).toMatchObject({ decision: 'skipped', reason: 'not_started' });
    expect(held.count).toBeGreaterThanOrEqual(2);
    expect(seconds(held.last_tick)).toBe(seconds(startsAt) - 1);
    expect(runs.map((tick) => [tick.decision, seconds(tick.tick)])).toEqual(
      runs.map((_, i) => ['run', seconds(startsAt) + i]),
    );
    await second.stop();
  });

  it('ephemeral: a retry pending at the restart is made, and its success deletes the job', async () => {
    const dir = await tempDir();
    const dataDir = `${dir}/data`;
    const first = await TestNode.start({ dataDir });
    await first.put('fleeting', { ...shell(`test -e ${dir}/restarted`), ephemeral: true, retries: 5 });
    const id = await first.launch('fleeting');
    await until('failed once', async () => (await first.get(`/v1/executions/${id}`)).json.state === 'failed');
    await first.stop();
    await writeFile(`${dir}/restarted`, '');
    const second = await TestNode.start({ dataDir });
    await until('deleted', async () => (await second.get('/v1/jobs/fleeting')).status === 404);
    expect(await second.list('/v1/executions?state=pending&state=running')).toEqual([]);
    await second.stop();
  });

  it('G-S11: expired, used and never-matching jobs are in no timetable, before and after a restart', async () => {
    const dataDir = await tempDir();
    const first = await TestNode.start({ dataDir });
    // Far enough ahead that a busy machine has stored the job by then.
    const at = inSeconds(4);
    const jobs = {
      live: '@every 1h',
      used: `@at ${at.replace('.000', '')}`,
      past: '@at 2020-01-01T00:00:00Z',
      never: '0 0 0 30 2 *',
      expired: '@every 1s',
    };
    for (const [name, schedule] of Object.entries(jobs)) {
      await first.put(name, { schedule, ...(name === 'expired' ? { expires_at: '2020-01-01T00:00:00Z' } : {}) });
    }
    await until('used', async () => (await first.ticks('used', '&decision=run')).length === 1);
    await until('expired', async () => (await first.ticks('expired', '&reason=expired')).length === 1);
    // What passed leaves `next` at most at what was true once, never at a tick still to come.
    for (const name of ['used', 'past', 'never', 'expired']) {
      const { next } = (await first.get(`/v1/jobs/${name}`)).json;
      expect([name, Date.parse(next) <= Date.now()]).toEqual([name, true]);
      const dry = await first.call('POST', '/v1/jobs?dry_run=true', {
        body: { ...(await first.get(`/v1/jobs/${name}`)).json },
      });
      expect([name, dry.json.next, dry.json.warnings.length]).toEqual([name, [], 1]);
    }
    await first.stop();
    const second = await TestNode.start({ dataDir });
    const loaded = await until('loaded', async () => second.log.find((line) => line.message === 'Timetable loaded'));
    expect(loaded.fields).toEqual({ jobs: 5, scheduled: 1 });
    await pause(1_100);
    expect((await second.ticks('used')).map((tick) => tick.decision)).toEqual(['run']);
    expect([await second.ticks('past'), await second.ticks('never')]).toEqual([[], []]);
    expect(await second.ticks('expired')).toHaveLength(1);
    await second.stop();
  });
});
