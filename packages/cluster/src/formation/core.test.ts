import { describe, expect, it } from 'vitest';
import { seededRandom } from '@dkron/runtime/testing';
import type { Description, DescribeOutcome } from '../describe/description.ts';
import { FormationCore } from './core.ts';
import type { FoundingRecord } from './record.ts';
import type { FormationEffect, FormationState, SeenServer } from './types.ts';

const idOf = (record: FoundingRecord): string =>
  `${record.attempt}:${record.members.map(({ id, birth }) => `${id}${birth}`).join('+')}`;

const alive = (...names: readonly string[]): SeenServer[] =>
  names.map((name) => ({ name, address: name, status: 'alive' }));

function ours(name: string, more: Partial<Description> = {}): DescribeOutcome {
  const leader = { name: '', address: '' };
  const rest = {
    region: 'r',
    birth: '1',
    boot: '',
    expect: 3,
    clusterId: '',
    members: [],
    leader,
    software: '',
    featureMax: 0,
    wallMs: 0,
  };
  return { kind: 'ours', description: { name, state: 'fresh', ...rest, ...more } };
}

function coreOf(name: string, state: Partial<FormationState> = {}): FormationCore {
  const folder = { birth: '1', attempt: 0, clusterId: '', ...state };
  return new FormationCore({ name, region: 'r', expect: 3 }, folder, { clusterIdOf: idOf, random: seededRandom(1) });
}

/** Answers what is asked in `effects`; returns what comes of the last answer. */
function answerAll(
  core: FormationCore,
  effects: readonly FormationEffect[],
  nowMs: number,
  outcome: (name: string) => DescribeOutcome = (name) => ours(name),
): FormationEffect[] {
  let last: FormationEffect[] = [];
  for (const effect of effects) {
    if (effect.kind === 'describe') last = core.described(effect.round, effect.name, outcome(effect.name), nowMs);
  }
  return last;
}

const kinds = (effects: readonly FormationEffect[]): string[] => effects.map(({ kind }) => kind);
const record: FoundingRecord = {
  region: 'r',
  attempt: 1,
  members: ['a', 'b', 'c'].map((id) => ({ id, birth: '1' })),
};

/** A founder that has asked `b` and `c`, at time 10. */
function founder(): FormationCore {
  const core = coreOf('a');
  core.start(0);
  const writes = answerAll(core, core.view(alive('b', 'c'), 0), 5);
  expect(writes).toEqual([{ kind: 'write', change: { attempt: 1, pledge: record } }]);
  const asked = core.written(10);
  expect(asked.map((effect) => effect.kind === 'pledge' && effect.name)).toEqual(['b', 'c']);
  return core;
}

const yes = { accepted: true, reason: '' };

describe('a founder', () => {
  it('founds with the last pledge, not before', () => {
    const core = founder();
    expect(core.pledgeAnswered('b', 1, yes, 20)).toEqual([]);
    expect(core.pledgeAnswered('c', 1, yes, 30)).toEqual([{ kind: 'found', record }]);
    core.founded();
    expect(core.status).toEqual({ kind: 'member', clusterId: idOf(record) });
  });

  it('asks again whoever has not answered', () => {
    const core = founder();
    core.pledgeAnswered('b', 1, yes, 20);
    expect(core.tick(500)).toEqual([]);
    const again = core.tick(510);
    expect(again).toMatchObject([{ kind: 'pledge', name: 'c' }]);
    expect(core.tick(550)).toEqual([]);
    expect(kinds(core.tick(1010))).toEqual(['pledge']);
  });

  it('gives up after three seconds, durably, and begins anew with another number after a pause', () => {
    const core = founder();
    core.pledgeAnswered('b', 1, yes, 20);
    expect(core.tick(3009).every(({ kind }) => kind === 'pledge')).toBe(true);
    expect(core.tick(3010)).toEqual([{ kind: 'write', change: { pledge: null } }]);
    expect(core.pledge).toEqual(record);
    const look = core.written(3020);
    expect(kinds(look)).toEqual(['describe', 'describe']);
    expect(answerAll(core, look, 3025)).toEqual([]);
    // A late pledge to the first attempt is none to the second.
    const next = answerAll(core, core.tick(3400), 3405);
    expect(next).toMatchObject([{ kind: 'write', change: { attempt: 2, pledge: { attempt: 2 } } }]);
    core.written(3410);
    core.pledgeAnswered('b', 2, yes, 3420);
    expect(core.pledgeAnswered('c', 1, yes, 3420)).toEqual([]);
    expect(kinds(core.pledgeAnswered('c', 2, yes, 3430))).toEqual(['found']);
  });

  it('gives up at the first refusal', () => {
    const core = founder();
    expect(kinds(core.pledgeAnswered('b', 1, { accepted: false, reason: 'busy' }, 20))).toEqual(['write']);
    expect(core.status).toEqual({ kind: 'retrying', why: 'b refused: busy' });
    expect(core.pledgeAnswered('b', 1, yes, 30)).toEqual([]);
    expect(core.pledgeAnswered('c', 1, yes, 30)).toEqual([]);
  });

  it('aborts when it is started anew, also under another name', () => {
    for (const name of ['a', 'z']) {
      const core = coreOf(name, { attempt: 1, pledge: record });
      expect(core.start(0)).toEqual([{ kind: 'write', change: { pledge: null } }]);
    }
  });
});

describe('a view that changes while a round is under way', () => {
  it('makes it look again before it judges', () => {
    const core = coreOf('a');
    core.start(0);
    const first = core.view(alive('b', 'c'), 0);
    expect(core.view(alive('b', 'c', 'd'), 1)).toEqual([]);
    const second = answerAll(core, first, 5);
    expect(second.map((effect) => effect.kind === 'describe' && effect.name)).toEqual(['b', 'c', 'd']);
    // Of the first three, this one would have founded.
    answerAll(core, second, 6, (name) => ours(name, name === 'd' ? { state: 'member', clusterId: 'X' } : {}));
    expect(core.status).toMatchObject({ kind: 'member-seen', name: 'd' });
  });

  it('is none when only the dead change', () => {
    const core = coreOf('a');
    core.start(0);
    core.view(alive('b', 'c'), 0);
    expect(core.view([...alive('b', 'c'), { name: 'd', address: 'd', status: 'gone' }], 1)).toEqual([]);
  });
});

describe('a server that is asked for its pledge', () => {
  const request = { from: 'a', record };

  it('answers when it is durable, and again the same', () => {
    const core = coreOf('b');
    expect(core.pledgeAsked(request, 1)).toEqual([{ kind: 'write', change: { pledge: record } }]);
    expect(core.pledgeAsked(request, 2)).toEqual([]);
    const granted = { accepted: true, reason: '' };
    expect(core.written(1)).toEqual([1, 2].map((replyTo) => ({ kind: 'answer', replyTo, answer: granted })));
    expect(core.pledgeAsked(request, 3)).toEqual([{ kind: 'answer', replyTo: 3, answer: granted }]);
    const other = { from: 'a', record: { ...record, attempt: 2 } };
    expect(core.pledgeAsked(other, 4)).toMatchObject([{ answer: { accepted: false } }]);
  });

  it('refuses while it sees a member of a cluster', () => {
    const core = coreOf('b');
    core.start(0);
    answerAll(core, core.view(alive('m'), 0), 5, (name) => ours(name, { state: 'member', clusterId: 'X' }));
    expect(core.pledgeAsked(request, 1)).toEqual([
      { kind: 'answer', replyTo: 1, answer: { accepted: false, reason: 'b sees m, a member of cluster X' } },
    ]);
  });

  it('refuses when it was called into a cluster while it wrote', () => {
    const core = coreOf('b');
    core.pledgeAsked(request, 1);
    expect(core.called('X')).toMatchObject([{ kind: 'answer', replyTo: 1, answer: { accepted: false } }]);
    expect(core.written(5)).toEqual([]);
    expect(core.isMember).toBe(true);
  });

  it('does not come when another cluster calls, and comes when its own does', () => {
    const pledge = { ...record, members: ['a', 'b', 'c'].map((id) => ({ id, birth: id })) };
    const core = coreOf('b', { birth: 'b', pledge });
    core.start(0);
    expect(core.admit('X', 0)).toMatchObject({ kind: 'refuse' });
    expect(core.admit(idOf(pledge), 0)).toEqual({ kind: 'found', record: pledge });
    expect(core.admit(idOf(pledge), 0)).toEqual({ kind: 'found', record: pledge });
    core.founded();
    expect(core.admit(idOf(pledge), 0)).toEqual({ kind: 'join' });
  });

  it('a call that raft did not make good is forgotten', () => {
    const core = coreOf('b');
    core.start(0);
    expect(core.admit('X', 100)).toEqual({ kind: 'join' });
    expect(core.pledgeAsked(request, 1)).toMatchObject([{ answer: { accepted: false } }]);
    core.tick(5099);
    expect(core.admit('Y', 5099)).toMatchObject({ kind: 'refuse' });
    core.tick(5100);
    expect(core.admit('Y', 5100)).toEqual({ kind: 'join' });
  });
});

it('an expect that is no number of servers is refused', () => {
  for (const expected of [-1, 1.5, Number.NaN]) {
    const make = (): FormationCore =>
      new FormationCore(
        { name: 'a', region: 'r', expect: expected },
        { birth: '1', attempt: 0, clusterId: '' },
        { clusterIdOf: idOf, random: seededRandom(1) },
      );
    expect(make).toThrow(`expect ${expected}`);
  }
});

it('one that founds nothing asks nobody', () => {
  const core = new FormationCore(
    { name: 'a', region: 'r', expect: 0 },
    { birth: '1', attempt: 0, clusterId: '' },
    { clusterIdOf: idOf, random: seededRandom(1) },
  );
  expect([...core.start(0), ...core.view(alive('b', 'c'), 0), ...core.tick(10_000)]).toEqual([]);
  expect(core.status).toEqual({ kind: 'expect-zero' });
  expect(core.admit('X', 0)).toEqual({ kind: 'join' });
});
