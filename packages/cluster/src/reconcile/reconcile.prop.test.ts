import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reconcile } from './reconcile.ts';
import type { Change, ReconcileInput, ServerFacts, ServerView } from './types.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'];
const REPLACE = 10;
const NOW = 100;

const mostly = fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) });
const facts = (name: string): fc.Arbitrary<ServerFacts> =>
  fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom<ServerFacts>({ kind: 'unknown' }, { kind: 'go' }) },
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('ours' as const),
        birth: fc.constantFrom(`${name}1`, `${name}1`, `${name}1`, `${name}2`),
        state: fc.constantFrom('fresh', 'pledged', 'member', 'member', 'agent' as const),
        clusterId: fc.constantFrom('C', 'C', 'C', '', 'D'),
      }),
    },
  );

const server = (
  name: string,
): fc.Arbitrary<{
  readonly raft: string;
  readonly view: ServerView;
  readonly contact: { recent: boolean; caughtUp: boolean; hasConfiguration: boolean };
}> =>
  fc.record({
    raft: fc.constantFrom('voter', 'voter', 'learner', 'absent'),
    view: fc.record({
      name: fc.constant(name),
      status: fc.constantFrom(
        'alive',
        'alive',
        'alive',
        'alive',
        'leaving',
        'left',
        'failed',
        'unseen',
        'reaped' as const,
      ),
      sinceMs: fc.integer({ min: NOW - 2 * REPLACE, max: NOW }),
      address: fc.constant(name),
      facts: facts(name),
    }),
    contact: fc.record({ recent: fc.boolean(), caughtUp: fc.boolean(), hasConfiguration: mostly }),
  });

const inputs: fc.Arbitrary<ReconcileInput> = fc.tuple(...NAMES.map(server)).map((all) => ({
  self: 'a',
  clusterId: 'C',
  nowMs: NOW,
  replaceAfterMs: REPLACE,
  configuration: {
    index: 1,
    joint: false,
    servers: all.flatMap(({ raft, view: { name } }) =>
      raft === 'absent' && name !== 'a'
        ? []
        : [{ id: name, voter: raft === 'voter' || name === 'a', birth: `${name}1` }],
    ),
  },
  servers: new Map(
    // The leader is who it is; whether it leaves is a case of its own.
    all.map(({ view }) => [
      view.name,
      view.name === 'a'
        ? { ...view, status: 'alive', facts: { kind: 'ours', birth: 'a1', state: 'member', clusterId: 'C' } }
        : view,
    ]),
  ),
  contacts: new Map(all.map(({ view, contact }) => [view.name, contact])),
}));

/** The table and its rules, written down once more as questions about one change; slow and without order. */
function allowed(input: ReconcileInput): Change[] {
  const row = (name: string): 'voter' | 'learner' | 'absent' => {
    const found = input.configuration.servers.find(({ id }) => id === name);
    return found === undefined ? 'absent' : found.voter ? 'voter' : 'learner';
  };
  const view = (name: string): ServerView => input.servers.get(name)!;
  const same = (name: string): boolean => {
    const { facts: said } = view(name);
    if (said.kind === 'go') return false;
    if (said.kind === 'unknown') return true;
    return said.birth === `${name}1` && !(said.state === 'member' && said.clusterId !== 'C');
  };
  const well = (name: string): boolean => name === 'a' || (view(name).status === 'alive' && same(name));
  const working = (name: string): boolean =>
    name === 'a' || (view(name).status === 'alive' && input.contacts.get(name)!.recent);
  const ready = (name: string): boolean =>
    row(name) === 'learner' &&
    well(name) &&
    view(name).facts.kind === 'ours' &&
    input.contacts.get(name)!.recent &&
    input.contacts.get(name)!.caughtUp;
  const voters = NAMES.filter((name) => row(name) === 'voter');
  const majority = (set: readonly string[]): boolean => set.filter(working).length * 2 > set.length;
  const changes: Change[] = [];
  for (const name of NAMES.slice(1)) {
    const { status, facts: said, sinceMs } = view(name);
    const comes =
      said.kind === 'ours' && (said.state === 'fresh' || (said.state !== 'agent' && said.clusterId === 'C'));
    if (row(name) === 'absent') {
      if (status === 'alive' && comes && majority(voters))
        changes.push({ kind: 'add-learner', id: name, birth: said.birth, address: name });
      continue;
    }
    const rest = voters.filter((voter) => voter !== name);
    if (['leaving', 'left', 'reaped'].includes(status) && majority(rest))
      changes.push({ kind: 'remove', id: name, why: status === 'reaped' ? 'reaped' : 'left' });
    const heard = (voter: string): boolean => {
      const { recent, hasConfiguration } = input.contacts.get(voter)!;
      return voter === 'a' || (recent && hasConfiguration);
    };
    if (ready(name) && voters.every(well) && voters.every(heard) && majority([...voters, name]))
      changes.push({ kind: 'promote', id: name });
    const silent = status === 'failed' || status === 'unseen';
    if (row(name) !== 'voter' || !silent || NOW - sinceMs < REPLACE) continue;
    for (const learner of NAMES.filter(ready))
      if (majority([...rest, learner]) && majority(voters)) changes.push({ kind: 'swap', in: learner, out: name });
  }
  return changes;
}

describe('reconcile against the table read naively', () => {
  it('makes one of the allowed changes, and none only if none is allowed', () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(inputs, (input) => {
        const { change } = reconcile(input);
        const all = allowed(input);
        kinds.add(change?.kind ?? 'none');
        if (change === undefined) expect(all).toEqual([]);
        else expect(all).toContainEqual(change);
      }),
      { numRuns: 4000 },
    );
    expect([...kinds].toSorted()).toEqual(['add-learner', 'none', 'promote', 'remove', 'swap']);
  });

  it('repeated, it comes to rest, and a live majority is kept all the way', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        let now = input;
        for (let changes = 0; ; changes++) {
          const { change } = reconcile(now);
          if (change === undefined) return;
          expect(changes).toBeLessThan(3 * NAMES.length);
          now = after(now, change);
          const voters = now.configuration.servers.filter(({ voter }) => voter).map(({ id }) => id);
          const working = voters.filter(
            (id) => id === 'a' || (now.servers.get(id)!.status === 'alive' && now.contacts.get(id)!.recent),
          );
          expect(2 * working.length, `${change.kind} of ${voters.join()}`).toBeGreaterThan(voters.length);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

function after(input: ReconcileInput, change: Change): ReconcileInput {
  const servers = [...input.configuration.servers];
  const drop = (id: string): void =>
    void servers.splice(
      servers.findIndex((each) => each.id === id),
      1,
    );
  if (change.kind === 'add-learner') servers.push({ id: change.id, voter: false, birth: change.birth });
  if (change.kind === 'remove') drop(change.id);
  if (change.kind === 'swap') drop(change.out);
  const promoted = change.kind === 'promote' ? change.id : change.kind === 'swap' ? change.in : undefined;
  const next = servers.map((each) => (each.id === promoted ? { ...each, voter: true } : each));
  return { ...input, configuration: { ...input.configuration, servers: next } };
}
