import { describe, expect, it } from 'vitest';
import { changeText, noteText } from './note-text.ts';
import { reconcile } from './reconcile.ts';
import type { Change, Decision, Note, ReconcileInput, ServerFacts, ServerStatus } from './types.ts';

const NOW = 1_000_000;
const REPLACE = 300_000;

interface Server {
  readonly raft?: 'voter' | 'learner';
  readonly status?: ServerStatus;
  readonly ageMs?: number;
  readonly facts?: ServerFacts;
  readonly recent?: boolean;
  readonly caughtUp?: boolean;
  readonly hasConfiguration?: boolean;
}

const ours = (name: string, more: Partial<ServerFacts & { kind: 'ours' }> = {}): ServerFacts => ({
  kind: 'ours',
  birth: `${name}1`,
  state: 'member',
  clusterId: 'C',
  ...more,
});

/** A cluster that `a` leads; every server is well unless told otherwise. */
function inputOf(servers: Readonly<Record<string, Server>>, more: Partial<ReconcileInput> = {}): ReconcileInput {
  const all: Record<string, Server> = { a: { raft: 'voter' }, ...servers };
  const entries = Object.entries(all);
  return {
    self: 'a',
    clusterId: 'C',
    nowMs: NOW,
    replaceAfterMs: REPLACE,
    configuration: {
      index: 7,
      joint: false,
      servers: entries.flatMap(([id, { raft }]) =>
        raft === undefined ? [] : [{ id, voter: raft === 'voter', birth: `${id}1` }],
      ),
    },
    servers: new Map(
      entries.map(([name, { status = 'alive', ageMs = 0, facts = ours(name) }]) => [
        name,
        { name, status, sinceMs: NOW - ageMs, address: `${name}:1`, facts },
      ]),
    ),
    contacts: new Map(
      entries.map(([id, { recent = true, caughtUp = true, hasConfiguration = true }]) => [
        id,
        { recent, caughtUp, hasConfiguration },
      ]),
    ),
    ...more,
  };
}

const decide = (servers: Readonly<Record<string, Server>>, more?: Partial<ReconcileInput>): Decision =>
  reconcile(inputOf(servers, more));

const VOTER: Server = { raft: 'voter' };
const LEARNER: Server = { raft: 'learner' };
const FRESH = { state: 'fresh', clusterId: '' } as const;
/** Voters beside `a`, so that one of five may be missing. */
const FOUR = { b: VOTER, c: VOTER, d: VOTER, e: VOTER };

it('holds a learner back while a voter is silent that gossip has not missed yet (cluster simulation, seed 5)', () => {
  const { change, notes } = decide({ ...FOUR, b: { raft: 'voter', recent: false }, x: LEARNER });
  expect(change).toBeUndefined();
  expect(notes).toEqual([{ kind: 'silent-voter', name: 'x', silent: ['b'] }]);
});

it('holds a learner back while a voter may have died before it was added (cluster simulation, seed 967)', () => {
  const { change, notes } = decide({ ...FOUR, b: { raft: 'voter', hasConfiguration: false }, x: LEARNER });
  expect(change).toBeUndefined();
  expect(notes).toEqual([{ kind: 'silent-voter', name: 'x', silent: ['b'] }]);
});

describe('every cell of the table', () => {
  it.each<[string, Readonly<Record<string, Server>>, Change | undefined, readonly Note['kind'][]]>([
    [
      'alive, absent: added with its birth',
      { x: { facts: ours('x', FRESH) } },
      { kind: 'add-learner', id: 'x', birth: 'x1', address: 'x:1' },
      [],
    ],
    [
      'alive, absent, removed before with its folder kept: added under its birth',
      { x: {} },
      { kind: 'add-learner', id: 'x', birth: 'x1', address: 'x:1' },
      [],
    ],
    [
      'alive, absent, of another cluster',
      { x: { facts: ours('x', { clusterId: 'D' }) } },
      undefined,
      ['foreign-cluster'],
    ],
    [
      'alive, absent, promised to another cluster',
      { x: { facts: ours('x', { state: 'pledged', clusterId: 'D' }) } },
      undefined,
      ['pledged-elsewhere'],
    ],
    ['alive, absent, of the original: never', { x: { facts: { kind: 'go' } } }, undefined, ['go-server']],
    ['alive, absent, not described', { x: { facts: { kind: 'unknown' } } }, undefined, ['undescribed']],
    ['alive, absent, an agent', { x: { facts: ours('x', { state: 'agent' }) } }, undefined, []],
    ['alive, learner: promoted', { x: LEARNER }, { kind: 'promote', id: 'x' }, []],
    ['alive, learner, behind', { x: { ...LEARNER, caughtUp: false } }, undefined, ['behind']],
    ['alive, learner, not heard of', { x: { ...LEARNER, recent: false } }, undefined, ['behind']],
    [
      'alive, learner, other birth',
      { x: { ...LEARNER, facts: ours('x', { ...FRESH, birth: 'x2' }) } },
      undefined,
      ['amnesia'],
    ],
    ['alive, voter: nothing', { x: VOTER }, undefined, []],
    [
      'alive, voter, other birth',
      { ...FOUR, b: { ...VOTER, facts: ours('b', { ...FRESH, birth: 'b2' }) } },
      undefined,
      ['amnesia'],
    ],
    [
      'alive, voter, of another cluster',
      { x: { ...VOTER, facts: ours('x', { clusterId: 'D' }) } },
      undefined,
      ['foreign-cluster'],
    ],
    ['leaving, absent', { x: { status: 'leaving' } }, undefined, []],
    ['left, absent', { x: { status: 'left' } }, undefined, []],
    ['leaving, learner', { x: { ...LEARNER, status: 'leaving' } }, { kind: 'remove', id: 'x', why: 'left' }, []],
    ['left, learner', { x: { ...LEARNER, status: 'left' } }, { kind: 'remove', id: 'x', why: 'left' }, []],
    ['leaving, voter', { ...FOUR, b: { ...VOTER, status: 'leaving' } }, { kind: 'remove', id: 'b', why: 'left' }, []],
    ['left, voter', { ...FOUR, b: { ...VOTER, status: 'left' } }, { kind: 'remove', id: 'b', why: 'left' }, []],
    [
      'left, the other of two voters',
      { b: { ...VOTER, status: 'left' } },
      { kind: 'remove', id: 'b', why: 'left' },
      [],
    ],
    ['failed, absent', { x: { status: 'failed', ageMs: 2 * REPLACE } }, undefined, []],
    ['failed, learner: kept', { ...FOUR, x: { ...LEARNER, status: 'failed', ageMs: 2 * REPLACE } }, undefined, []],
    ['failed, voter: kept', { ...FOUR, b: { ...VOTER, status: 'failed', ageMs: 2 * REPLACE } }, undefined, []],
    [
      'failed for long, voter, a learner waits: swapped',
      { ...FOUR, b: { ...VOTER, status: 'failed', ageMs: REPLACE }, x: LEARNER },
      { kind: 'swap', in: 'x', out: 'b' },
      ['held-learner'],
    ],
    [
      'failed not long enough, voter, a learner waits',
      { ...FOUR, b: { ...VOTER, status: 'failed', ageMs: REPLACE - 1 }, x: LEARNER },
      undefined,
      ['held-learner'],
    ],
    [
      'failed for long, voter, the learner is behind',
      { ...FOUR, b: { ...VOTER, status: 'failed', ageMs: REPLACE }, x: { ...LEARNER, caughtUp: false } },
      undefined,
      ['held-learner'],
    ],
    [
      'unseen for long counts as failed',
      { ...FOUR, b: { ...VOTER, status: 'unseen', ageMs: REPLACE }, x: LEARNER },
      { kind: 'swap', in: 'x', out: 'b' },
      ['held-learner'],
    ],
    ['reaped, absent', { x: { status: 'reaped' } }, undefined, []],
    ['reaped, learner', { x: { ...LEARNER, status: 'reaped' } }, { kind: 'remove', id: 'x', why: 'reaped' }, []],
    [
      'G-C2: reaped, voter',
      { ...FOUR, b: { ...VOTER, status: 'reaped' } },
      { kind: 'remove', id: 'b', why: 'reaped' },
      [],
    ],
    ['unseen, voter: kept', { ...FOUR, b: { ...VOTER, status: 'unseen', ageMs: 9 * REPLACE } }, undefined, []],
  ])('%s', (_, servers, change, notes) => {
    const decision = decide(servers);
    expect(decision.change).toEqual(change);
    expect([...new Set(decision.notes.map(({ kind }) => kind))]).toEqual(notes);
  });
});

describe('while a voter cannot vote', () => {
  it.each<[string, Server]>([
    ['failed', { ...VOTER, status: 'failed' }],
    ['unseen', { ...VOTER, status: 'unseen' }],
    ['without its data', { ...VOTER, facts: ours('b', { ...FRESH, birth: 'b2' }) }],
    ['of another cluster', { ...VOTER, facts: ours('b', { clusterId: 'D' }) }],
    ['of the original now', { ...VOTER, facts: { kind: 'go' } }],
  ])('newcomers stay learners: %s', (_, b) => {
    const { change, notes } = decide({ ...FOUR, b, x: LEARNER });
    expect(change).toBeUndefined();
    expect(notes).toContainEqual({ kind: 'held-learner', name: 'x', failed: ['b'] });
  });

  it('newcomers are added as learners all the same', () => {
    const { change } = decide({ ...FOUR, b: { ...VOTER, status: 'failed' }, x: { facts: ours('x', FRESH) } });
    expect(change).toMatchObject({ kind: 'add-learner', id: 'x' });
  });

  it('the one that failed first is swapped first, for the first learner that is ready', () => {
    const { change } = decide({
      ...FOUR,
      b: { ...VOTER, status: 'failed', ageMs: REPLACE + 1 },
      c: { ...VOTER, status: 'failed', ageMs: REPLACE + 2 },
      x: { ...LEARNER, caughtUp: false },
      y: LEARNER,
      z: LEARNER,
    });
    expect(change).toEqual({ kind: 'swap', in: 'y', out: 'c' });
  });

  it('a server that lost its data is never swapped by itself', () => {
    const b = { ...VOTER, ageMs: 9 * REPLACE, facts: ours('b', { ...FRESH, birth: 'b2' }) };
    expect(decide({ ...FOUR, b, x: LEARNER }).change).toBeUndefined();
  });
});

describe('QuorumKept', () => {
  it.each<[string, Readonly<Record<string, Server>>, readonly string[]]>([
    [
      'removing one of three while another is failed',
      { b: { ...VOTER, status: 'left' }, c: { ...VOTER, status: 'failed' } },
      ['c'],
    ],
    [
      'removing one of three while another is not heard of',
      { b: { ...VOTER, status: 'reaped' }, c: { ...VOTER, recent: false } },
      ['c'],
    ],
    [
      'a swap whose old voters are too few',
      {
        b: { ...VOTER, status: 'failed', ageMs: REPLACE },
        c: { ...VOTER, status: 'failed' },
        x: LEARNER,
      },
      ['b', 'c'],
    ],
    [
      'adding a learner without a majority',
      { b: { ...VOTER, status: 'failed' }, x: { facts: ours('x', FRESH) } },
      ['b'],
    ],
  ])('%s', (_, servers, missing) => {
    const { change, notes } = decide(servers);
    expect(change).toBeUndefined();
    const note = notes.find(({ kind }) => kind === 'quorum') as Note & { kind: 'quorum' };
    expect(note.missing).toEqual(missing);
  });

  it('a change that is not safe does not keep a safe one from being made', () => {
    const { change } = decide({
      b: { ...VOTER, status: 'left' },
      c: { ...VOTER, recent: false },
      d: VOTER,
      x: { ...LEARNER, status: 'left' },
    });
    // Of a, c, d two are heard of; removing b leaves these three.
    expect(change).toEqual({ kind: 'remove', id: 'b', why: 'left' });
    const fewer = decide({
      b: { ...VOTER, status: 'left' },
      c: { ...VOTER, recent: false },
      x: { ...LEARNER, status: 'left' },
    });
    expect(fewer.change).toBeUndefined();
  });

  it('nothing while two configurations are in force', () => {
    const input = inputOf({ x: LEARNER });
    const joint = { ...input, configuration: { ...input.configuration, joint: true } };
    expect(reconcile(joint)).toEqual({ change: undefined, notes: [] });
  });
});

describe('a leader that leaves', () => {
  it('hands over', () => {
    const decision = decide({ a: { ...VOTER, status: 'leaving' }, b: VOTER, x: LEARNER });
    expect(decision).toEqual({ change: { kind: 'transfer' }, notes: [] });
  });

  it('as the last voter it only stops', () => {
    expect(decide({ a: { ...VOTER, status: 'leaving' }, x: LEARNER }).change).toBeUndefined();
  });
});

describe('texts', () => {
  it('a server without its data: what happened and what to type', () => {
    const [note] = decide({ b: { ...VOTER, facts: ours('b', { ...FRESH, birth: 'b2' }) } }).notes;
    expect(noteText(note!)).toBe(
      'server b came back without its data (its birth is b2, configured is b1), so it could vote twice and is refused; type: dkron raft remove-peer --peer-id b, then it is added anew by itself',
    );
  });

  it('a change held back names who is missing', () => {
    const { notes } = decide({ b: { ...VOTER, status: 'left' }, c: { ...VOTER, status: 'failed' } });
    const text = noteText(notes.find(({ kind }) => kind === 'quorum')!);
    expect(text).toContain('remove b, which left');
    expect(text).toContain('while c cannot be reached');
    expect(changeText({ kind: 'swap', in: 'x', out: 'b' })).toBe('replace b by x');
  });
});
