import { seededRandom } from '@dkron/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type MemberTable, viewOf } from '../core/swim/member-table.ts';
import { PlainTable } from '../core/swim/plain-table.ts';
import { Suspicion } from '../core/swim/suspicion.ts';
import { encodeVersions, OUR_VERSIONS } from '../core/types.ts';
import { SharedMembers, SharedTable } from './shared-table.ts';

const VSN = encodeVersions(OUR_VERSIONS);
const KNOWN = 4;
const NAMES = 7;
const addrOf = (i: number): Uint8Array => Uint8Array.of(10, 0, 0, i);
const times = { confirmationsNeeded: 0, minMs: 1, maxMs: 1, lastProbeMs: 0 };

const nodes = Array.from({ length: KNOWN }, (_, i) => {
  return { name: `n${i}`, addr: addrOf(i), port: 1, meta: null, vsn: VSN, incarnation: 1, state: 0 };
});

function plainWithKnown(): PlainTable {
  const table = new PlainTable(seededRandom(1));
  for (const { name, addr, port, vsn, incarnation } of nodes) {
    const entry = table.insert(name, addr, port, 0);
    table.setVersions(entry, vsn);
    table.setState(entry, 'alive', 0);
    table.setIncarnation(entry, incarnation);
  }
  return table;
}

function sharedWithKnown(): SharedTable[] {
  const shared = new SharedMembers();
  shared.know(nodes, 0);
  return [1, 2, 3].map((seed) => new SharedTable('n0', shared, seededRandom(seed), seed < 3));
}

/** All that is held, by name. */
function contents(table: MemberTable): unknown {
  const entries = [...table.entries].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  for (const { name } of entries) expect(table.get(name)?.name).toBe(name);
  const order = Array.from({ length: table.size }, (_, i) => table.at(i)!.name);
  expect(order).toEqual(Array.from(table.entries, ({ name }) => name));
  const suspects = Array.from(table.suspects, ({ name }) => name);
  return [entries.map((entry) => [viewOf(entry), entry.stateChangeMs, entry.vsn]), suspects];
}

interface Step {
  readonly what: 'insert' | 'dead' | 'suspect' | 'clear' | 'meta' | 'place' | 'reset';
  readonly who: number;
  readonly value: number;
}

function apply(table: MemberTable, { what, who, value }: Step, nowMs: number): void {
  const name = `n${who}`;
  const found = table.get(name);
  if (what === 'insert') {
    if (found === undefined) table.insert(name, addrOf(who), 1, nowMs);
  } else if (what === 'reset') {
    table.reset(nowMs, value, 'n0');
  } else if (found !== undefined) {
    const entry = table.own(found);
    table.setIncarnation(entry, entry.incarnation + value);
    if (what === 'dead') table.setState(entry, 'dead', nowMs);
    if (what === 'suspect') table.setSuspicion(entry, new Suspicion(times, 'x', nowMs));
    if (what === 'clear') table.setSuspicion(entry, undefined);
    if (what === 'meta') table.setMeta(entry, Uint8Array.of(value));
    if (what === 'place') table.setPlace(entry, addrOf(value), value + 1);
  }
}

describe('SharedTable', () => {
  it('holds what a table with memory of its own holds, and others see nothing of it', () => {
    const step = fc.record({
      what: fc.constantFrom<Step['what'][]>('insert', 'dead', 'suspect', 'clear', 'meta', 'place', 'reset'),
      who: fc.integer({ min: 0, max: NAMES - 1 }),
      value: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const plain = plainWithKnown();
        const [table, other, empty] = sharedWithKnown();
        const untouched = contents(other!);
        for (const [i, one] of steps.entries()) {
          apply(plain, one, i);
          apply(table!, one, i);
        }
        expect(contents(table!)).toEqual(contents(plain));
        expect(contents(other!)).toEqual(untouched);
        expect(empty!.size).toBe(0);
      }),
    );
  });
});
