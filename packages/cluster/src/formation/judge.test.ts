import { describe, expect, it } from 'vitest';
import type { Description, DescribeOutcome } from '../describe/description.ts';
import { judgeFresh } from './judge-fresh.ts';
import { judgePledged } from './judge-pledged.ts';
import { refusePledge } from './pledge-rules.ts';
import { Round } from './round.ts';
import { formationText } from './status-text.ts';

const facts = { name: 'b', region: 'r', expect: 3, birth: 'B', joinRoundEnded: false, gone: [] };

function described(name: string, more: Partial<Description> = {}): DescribeOutcome {
  const leader = { name: '', address: '' };
  const description: Description = {
    name,
    region: 'r',
    birth: name.toUpperCase(),
    boot: '',
    state: 'fresh',
    expect: 3,
    clusterId: '',
    members: [],
    leader,
    software: '',
    featureMax: 0,
    wallMs: 0,
    ...more,
  };
  return { kind: 'ours', description };
}

function roundOf(outcomes: Readonly<Record<string, DescribeOutcome>>): Round {
  const asked = Object.keys(outcomes).map((name) => ({ name, address: name, status: 'alive' as const }));
  const round = new Round(1, 0, asked);
  for (const [name, outcome] of Object.entries(outcomes)) round.answered(name, outcome);
  return round;
}

describe('a fresh server', () => {
  it('waits while fewer are there than expected', () => {
    expect(judgeFresh(facts, roundOf({ c: described('c') }))).toEqual({
      kind: 'wait',
      status: { kind: 'too-few', present: ['b', 'c'], expect: 3 },
    });
  });

  it('founds with the lowest names when it is the first of them', () => {
    const round = roundOf({ e: described('e'), d: described('d'), c: described('c') });
    expect(judgeFresh(facts, round)).toEqual({
      kind: 'found',
      members: ['b', 'c', 'd'].map((id) => ({ id, birth: id.toUpperCase() })),
    });
  });

  it.each<[string, Readonly<Record<string, DescribeOutcome>>, object]>([
    ['the first by name founds', { a: described('a'), c: described('c') }, { kind: 'other-founds', founder: 'a' }],
    [
      'a member adds it',
      { c: described('c', { state: 'member', clusterId: 'x', leader: { name: 'l', address: '' } }) },
      { kind: 'member-seen', name: 'c', clusterId: 'x', leader: 'l' },
    ],
    [
      'a member counts more than one who is silent',
      { a: { kind: 'silent', why: 't' }, c: described('c', { state: 'member' }) },
      { kind: 'member-seen', name: 'c' },
    ],
    [
      'who is silent may be a member',
      { a: { kind: 'silent', why: 't' }, c: described('c'), d: described('d') },
      { kind: 'silent', name: 'a', why: 't' },
    ],
    ['a server of the original', { c: described('c'), d: { kind: 'go' } }, { kind: 'go-server', name: 'd' }],
    [
      'somebody else answers at the address',
      { c: described('z'), d: described('d') },
      { kind: 'silent', name: 'c', why: 'z answers at its address' },
    ],
    [
      'G-C4: differing expects name both',
      { c: described('c', { expect: 5 }), d: described('d') },
      { kind: 'expect-mismatch', own: { name: 'b', expect: 3 }, other: { name: 'c', expect: 5 } },
    ],
    [
      'expect 0 is no difference, and does not count',
      { c: described('c', { expect: 0 }), d: described('d') },
      { kind: 'too-few', present: ['b', 'd'], expect: 3 },
    ],
    [
      "another's founding is under way: its founder is alive",
      {
        a: described('a', { state: 'pledged', members: ['a', 'x'] }),
        c: described('c'),
        d: described('d'),
      },
      { kind: 'pledged-seen', name: 'a', founder: 'a' },
    ],
  ])('waits: %s', (_, outcomes, status) => {
    expect(judgeFresh(facts, roundOf(outcomes))).toMatchObject({ kind: 'wait', status });
  });

  it('waits for a founding whose founder is remembered, not for one whose founder nobody knows', () => {
    const pledged = described('e', { state: 'pledged', members: ['a', 'e'] });
    const round = roundOf({ c: described('c'), d: described('d'), e: pledged });
    const gone = [{ name: 'a', address: '', status: 'gone' as const }];
    expect(judgeFresh({ ...facts, gone }, round)).toMatchObject({ status: { kind: 'pledged-seen', founder: 'a' } });
    expect(judgeFresh(facts, round)).toMatchObject({ kind: 'found' });
  });

  it('asks whoever may become a server: a member counts, an agent does not, of whatever software', () => {
    const probation = (name: string, outcome: DescribeOutcome): Round => {
      const round = new Round(1, 0, [
        { name: 'c', address: 'c', status: 'alive' },
        { name: 'd', address: 'd', status: 'alive' },
        { name, address: name, status: 'alive', probation: true },
      ]);
      round.answered('c', described('c'));
      round.answered('d', described('d'));
      round.answered(name, outcome);
      return round;
    };
    expect(judgeFresh(facts, probation('x', { kind: 'go' }))).toMatchObject({ kind: 'found' });
    const agent = described('x', { state: 'agent', expect: 5 });
    expect(judgeFresh(facts, probation('x', agent))).toMatchObject({ kind: 'found' });
    const member = described('x', { state: 'member', clusterId: 'C' });
    expect(judgeFresh(facts, probation('x', member))).toMatchObject({ status: { kind: 'member-seen', name: 'x' } });
    expect(judgeFresh(facts, probation('a', described('a')))).toMatchObject({ status: { kind: 'other-founds' } });
    const silent: DescribeOutcome = { kind: 'silent', why: '' };
    expect(judgeFresh(facts, probation('x', silent))).toMatchObject({ status: { kind: 'silent', name: 'x' } });
  });

  it('expecting nobody it founds nothing, whoever is there', () => {
    const round = roundOf({ c: described('c'), d: described('d') });
    expect(judgeFresh({ ...facts, expect: 0 }, round)).toMatchObject({ status: { kind: 'expect-zero' } });
  });

  it('expecting itself alone it waits for the join targets, and of several the first founds', () => {
    const alone = { ...facts, expect: 1 };
    expect(judgeFresh(alone, roundOf({}))).toMatchObject({ status: { kind: 'join-round' } });
    const ready = { ...alone, joinRoundEnded: true };
    expect(judgeFresh(ready, roundOf({}))).toEqual({ kind: 'found', members: [{ id: 'b', birth: 'B' }] });
    expect(judgeFresh(ready, roundOf({ a: described('a', { expect: 1 }) }))).toMatchObject({
      status: { kind: 'other-founds' },
    });
  });
});

describe('a pledged server', () => {
  const record = {
    region: 'r',
    attempt: 4,
    members: [
      { id: 'a', birth: 'A' },
      { id: 'b', birth: 'B' },
    ],
  };
  const judge = (outcomes: Readonly<Record<string, DescribeOutcome>>): object =>
    judgePledged(record, 'R', roundOf(outcomes));

  it.each<[string, Readonly<Record<string, DescribeOutcome>>, object]>([
    ['waits: the founder is at it', { a: described('a', { state: 'pledged', clusterId: 'R' }) }, { kind: 'wait' }],
    ['is a member when the founder is', { a: described('a', { state: 'member', clusterId: 'R' }) }, { kind: 'member' }],
    [
      'is a member when anybody is, with the founder rebuilt',
      { a: described('a', { birth: 'A2' }), c: described('c', { state: 'member', clusterId: 'R' }) },
      { kind: 'member' },
    ],
    ['is released: the founder is fresh', { a: described('a') }, { kind: 'release' }],
    [
      'is released: the founder is at another record',
      { a: described('a', { state: 'pledged', clusterId: 'R5' }) },
      { kind: 'release' },
    ],
    [
      'is released: the founder has joined another cluster',
      { a: described('a', { state: 'member', clusterId: 'X' }) },
      { kind: 'release' },
    ],
    ['waits: the founder is silent', { a: { kind: 'silent', why: '' } }, { status: { kind: 'founder-silent' } }],
    ['waits: the founder is not there', { c: described('c') }, { status: { kind: 'founder-silent' } }],
    ['draws a new birth: the founder is another one', { a: described('a', { birth: 'A2' }) }, { kind: 'redraw' }],
    [
      'waits: the founder is another one, but who is silent might be a member',
      { a: described('a', { birth: 'A2' }), c: { kind: 'silent', why: '' } },
      { status: { kind: 'founder-rebuilt', silent: 'c' } },
    ],
  ])('%s', (_, outcomes, verdict) => {
    expect(judge(outcomes)).toMatchObject(verdict);
  });
});

describe('a request for a pledge', () => {
  const own = { name: 'b', region: 'r', expect: 2, birth: 'B' };
  const members = [
    { id: 'a', birth: 'A' },
    { id: 'b', birth: 'B' },
  ];
  const record = { region: 'r', attempt: 1, members };

  it('is granted', () => expect(refusePledge(own, { from: 'a', record })).toBeUndefined());

  it.each([
    ['region', { from: 'a', record: { ...record, region: 'x' } }, 'of region x'],
    ['founder', { from: 'b', record }, "is a's to found"],
    [
      'name',
      { from: 'a', record: { ...record, members: [members[0]!, { id: 'c', birth: 'C' }] } },
      'not in the record',
    ],
    ['birth', { from: 'a', record: { ...record, members: [members[0]!, { id: 'b', birth: 'B0' }] } }, 'has birth B'],
    [
      'expect',
      { from: 'a', record: { ...record, members: [...members, { id: 'c', birth: 'C' }] } },
      'founds with 3 servers, b expects 2',
    ],
    ['order', { from: 'a', record: { ...record, members: members.toReversed() } }, 'flaw'],
    ['attempt', { from: 'a', record: { ...record, attempt: 0 } }, 'flaw'],
    ['nobody', { from: 'a', record: { ...record, members: [] } }, 'flaw'],
  ])('is refused for its %s', (_, request, text) => {
    expect(refusePledge(own, request)).toContain(text);
  });
});

it('texts of errors name both servers and say what to do', () => {
  const text = formationText({
    kind: 'expect-mismatch',
    own: { name: 'b', expect: 3 },
    other: { name: 'c', expect: 5 },
  });
  expect(text).toBe('bootstrap-expect differs: b has 3, c has 5; make it the same on all servers');
});
