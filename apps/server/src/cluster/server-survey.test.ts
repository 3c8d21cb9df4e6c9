import { expect, it } from 'vitest';
import type { DescribeOutcome } from '@dkron/cluster';
import { ManualTime } from '@dkron/runtime/testing';
import { ClockSkew } from './clock-skew.ts';
import { ServerSurvey } from './server-survey.ts';

const leader = { name: '', address: '' };

/** A survey of server `a` among others whose clocks differ by so much from its own; undefined = no answer. */
async function surveyOf(offsetsMs: Readonly<Record<string, number | undefined>>) {
  const time = new ManualTime();
  const voters = ['a', ...Object.keys(offsetsMs)];
  const members = voters.map((id) => ({ id, suffrage: 'voter', address: id, birth: '' }) as const);
  const conf = { voters, votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false };
  const offsets = { ...offsetsMs };
  const describe = async (address: string): Promise<DescribeOutcome> => {
    const offset = offsets[address];
    if (offset === undefined) return { kind: 'silent', why: 'gone' };
    const wallMs = Number(time.wallNanos() / 1_000_000n) + offset;
    const own = { name: address, region: 'r', birth: '', boot: '', expect: 3, clusterId: '', members: [], leader };
    return { kind: 'ours', description: { ...own, state: 'member', software: 'x 1', featureMax: 2, wallMs } };
  };
  const survey = new ServerSurvey('a', {
    raft: { getConfiguration: () => ({ index: 1, conf, members }) },
    membership: { rpcAddress: (id) => id },
    describe,
    clock: time,
    timers: time,
  });
  survey.start();
  await time.advance(1_000);
  return { survey, time, offsets };
}

it('measures how far this clock is ahead of most voters', async () => {
  const ahead = async (offsets: Parameters<typeof surveyOf>[0]): Promise<number> =>
    (await surveyOf(offsets)).survey.aheadOfMostMs();
  expect(await ahead({ b: -60_000, c: -30_000 })).toBe(30_000);
  expect(await ahead({ b: -60_000, c: 0 })).toBe(0);
  expect(await ahead({ b: -60_000, c: undefined })).toBe(0);
  expect(await ahead({ b: 60_000, c: 60_000 })).toBe(0);
  expect(await ahead({ b: -20_000, c: -20_000, d: -40_000, e: 0 })).toBe(20_000);
  expect(await ahead({ b: -20_000 })).toBe(0);
  expect(await ahead({})).toBe(0);
});

it('remembers what the others know, until they are no members any more', async () => {
  const { survey } = await surveyOf({ b: 0, c: undefined });
  expect(survey.of('b')).toEqual({ software: 'x 1', featureMax: 2, aheadMs: 0 });
  expect([survey.of('a'), survey.of('c')]).toEqual([undefined, undefined]);
});

it('a leader whose clock is ahead hands over once; with nobody to lead instead it says so and schedules', async () => {
  const { survey, time, offsets } = await surveyOf({ b: -20_000, c: -20_000 });
  const said: string[] = [];
  const log = (message: string): void => void said.push(message);
  const logger = { debug: log, info: log, warn: log, error: log };
  let transfers = 0;
  let possible = true;
  const raft = {
    transferLeadership: async () => {
      transfers += 1;
      if (!possible) throw new Error('nobody');
    },
  };
  const skew = new ClockSkew({ maxMs: 10_000 }, { survey, raft, logger: logger as never });
  expect(await skew.handsOver()).toBe(true);
  expect(said).toEqual([expect.stringContaining('set it right')]);
  // It came back: nobody else can lead.
  expect(await skew.handsOver()).toBe(false);
  expect(transfers).toBe(1);
  Object.assign(offsets, { b: 0, c: 0 });
  await time.advance(10_000);
  expect(await skew.handsOver()).toBe(false);
  Object.assign(offsets, { b: -11_000, c: -12_000 });
  await time.advance(10_000);
  possible = false;
  expect(await skew.handsOver()).toBe(false);
  expect([transfers, said.at(-1)]).toEqual([2, expect.stringContaining('nobody else can lead')]);
  survey.stop();
});
