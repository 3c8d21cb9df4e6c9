import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LoneSerf } from '../../testing/lone-serf.ts';
import { SerfNetwork } from '../../testing/serf-network.ts';
import type { VirtualSerf } from '../../testing/virtual-serf.ts';
import type { Address, Member } from '../types.ts';
import type { QueryMessage } from '../wire/serf-messages.ts';
import { readSnapshot, SnapshotLog } from './snapshot-log.ts';

const NOTHING = readSnapshot('', false);
const at = (host: number): Address => ({ ip: `10.0.0.${host}`, port: 7946 });
const member = (name: string, host: number): Member => ({ name, address: at(host) }) as Member;
const clocks = (clock = 0, eventClock = 0, queryClock = 0) => ({ clock, eventClock, queryClock });

const { files } = JSON.parse(
  readFileSync(new URL('../../../testdata/snapshot-files.json', import.meta.url), 'utf8'),
) as { files: Record<string, string> };

const QUERY: QueryMessage = {
  type: 'query',
  addr: Uint8Array.of(10, 0, 0, 2),
  filters: null,
  flags: 0,
  id: 1,
  lamportTime: 1,
  name: 'q',
  payload: null,
  port: 7946,
  relayFactor: 0,
  sourceNode: 'a',
  timeoutNanos: 1_000_000_000,
};

describe('reading snapshots', () => {
  it('what the original wrote is read as it reads it', () => {
    const a = { ip: '127.23.0.1', port: 7946 };
    const b = { ip: '127.23.0.2', port: 7946 };
    expect(readSnapshot(files['snapA-final']!, false)).toMatchObject({
      alive: new Map([
        ['snapA', a],
        ['snap B', b],
      ]),
      clock: 2,
      eventClock: 2,
      queryClock: 1,
      unknownLines: 0,
    });
    expect([...readSnapshot(files['snapA-afterfail']!, false).alive.keys()]).toEqual(['snapA']);
  });

  it('Snapshotter_leave, Snapshotter_leave_rejoin: a leave forgets all before it, unless we rejoin', () => {
    const text = files['snapB-afterleave']!;
    expect(readSnapshot(text, false)).toMatchObject({ alive: new Map(), clock: 2, eventClock: 0 });
    expect(readSnapshot(text, true)).toMatchObject({ clock: 2, eventClock: 2 });
    expect(readSnapshot(text, true).alive.size).toBe(2);
  });

  it('lines that nobody can read are counted and passed over', () => {
    expect(readSnapshot('alive: a 10.0.0.1:7946\nalive: b\nwhat\n# no\nclock: x\nali', false)).toMatchObject({
      alive: new Map([['a', at(1)]]),
      clock: 0,
      unknownLines: 4,
    });
  });
});

describe('writing snapshots', () => {
  it('Snapshotter: changes and clocks, at most twice a second, read back as they were', () => {
    const log = new SnapshotLog(NOTHING, false);
    expect(log.nextMs(clocks())).toBe(Infinity);
    log.note('join', member('a b', 2));
    log.note('join', member('c', 3));
    log.note('failed', member('c', 3));
    log.note('update', member('a b', 2));
    expect(log.flush(clocks(4, 2), 1000)).toEqual({
      type: 'snapshot',
      mode: 'append',
      text: 'alive: a b 10.0.0.2:7946\nalive: c 10.0.0.3:7946\nnot-alive: c\nclock: 4\nevent-clock: 2\n',
    });
    expect(log.flush(clocks(4, 2), 2000)).toBeUndefined();
    log.note('join', member('c', 4));
    expect(log.nextMs(clocks(4, 2))).toBe(1500);
    expect(log.flush(clocks(4, 2), 1499)).toBeUndefined();
    expect(log.flush(clocks(4, 2), 1500)?.text).toBe('alive: c 10.0.0.4:7946\n');
    expect(log.nextMs(clocks(4, 2, 1))).toBe(2000);
    expect(log.flush(clocks(4, 2, 1), 2000)?.text).toBe('query-clock: 1\n');
  });

  it('Snapshotter_forceCompact: a long file is written anew, with what counts', () => {
    const log = new SnapshotLog(NOTHING, false);
    let text = '';
    let replaced = 0;
    for (let i = 0; i < 10_000; i++) {
      log.note('join', member('a', 2));
      log.note('failed', member('a', 2));
      log.note('join', member('b', 3));
      const { mode, text: more } = log.flush(clocks(i + 1, 7), i * 1000)!;
      if (mode === 'replace') replaced++;
      text = mode === 'replace' ? more : text + more;
      expect(text.length).toBeLessThan(140_000);
    }
    expect(replaced).toBeGreaterThan(3);
    expect(readSnapshot(text, false)).toMatchObject({ alive: new Map([['b', at(3)]]), clock: 10_000, eventClock: 7 });
  });

  it('Snapshotter_slowDisk: what piles up while nobody asks becomes one whole file', () => {
    const log = new SnapshotLog(NOTHING, false);
    for (let i = 0; i < 3000; i++) log.note('join', member(`m${i % 30}`, i % 250));
    const { mode, text } = log.flush(clocks(9), 1000)!;
    expect(mode).toBe('replace');
    expect(text.split('\n')).toHaveLength(32);
    expect(readSnapshot(text, false).alive.get('m29')).toEqual(at(2999 % 250));
  });

  it('after half a line the file is written anew', () => {
    const log = new SnapshotLog(readSnapshot('alive: a 10.0.0.1:7946\nclock: 3\nali', false), false);
    log.note('join', member('b', 2));
    expect(log.flush(clocks(3), 0)).toEqual({
      type: 'snapshot',
      mode: 'replace',
      text: 'alive: a 10.0.0.1:7946\nalive: b 10.0.0.2:7946\nclock: 3\n',
    });
  });

  it('Leave: at once, and what happens to members afterwards is not written', () => {
    const log = new SnapshotLog(NOTHING, false);
    log.note('join', member('a', 2));
    expect(log.leave(5)).toMatchObject({ text: 'alive: a 10.0.0.2:7946\nleave\n' });
    log.note('failed', member('a', 2));
    log.note('join', member('x\ny', 2));
    expect(log.flush(clocks(2, 1), 1000)).toMatchObject({ text: 'clock: 2\n' });
  });
});

describe('rejoining from a snapshot', () => {
  const options = { snapshot: { rejoinAfterLeave: false } };
  const payload = new Uint8Array(0);
  const events = (one: VirtualSerf): string[] => one.events('userEvent').map(({ name }) => name);

  it('SnapshotRecovery: who was killed comes back without an address, and hears no event twice', () => {
    const network = new SerfNetwork({ seed: 41 });
    const all = network.populate(4, options);
    const lost = all[2]!;
    all[0]!.do((serf, nowMs) => serf.userEvent('before', payload, false, nowMs));
    network.run(5000);
    lost.kill();
    all[0]!.do((serf, nowMs) => serf.userEvent('meanwhile', payload, false, nowMs));
    network.run(20_000);
    expect(network.statuses('n2')).toEqual(Array(3).fill('failed'));
    network.restart(lost);
    network.run(10_000);
    expect(network.statuses('n2')).toEqual(Array(4).fill('alive'));
    expect(lost.events('rejoined')).toHaveLength(1);
    expect(events(lost)).toEqual(['before', 'meanwhile']);
  });

  it('Leave_SnapshotRecovery: who left stays away, unless it is to rejoin', () => {
    for (const rejoinAfterLeave of [false, true]) {
      const network = new SerfNetwork({ seed: 42 });
      const all = network.populate(3, { snapshot: { rejoinAfterLeave } });
      const leaver = all[1]!;
      leaver.do((serf, nowMs) => serf.leave(nowMs));
      network.run(10_000);
      leaver.kill();
      network.run(5000);
      network.restart(leaver);
      network.run(10_000);
      const status = rejoinAfterLeave ? 'alive' : 'left';
      expect([all[0]!, all[2]!].map(({ serf }) => serf.member('n1')?.status)).toEqual([status, status]);
      expect(leaver.serf.members()).toHaveLength(rejoinAfterLeave ? 3 : 1);
    }
  });

  it('clocks go on where they were: nothing from before is told again, what is new is', () => {
    const previous = 'clock: 7\nevent-clock: 20\nquery-clock: 10\n';
    const lone = new LoneSerf({ snapshot: { rejoinAfterLeave: false, previous } });
    expect(lone.serf.clocks).toEqual({ member: 8, event: 21, query: 11 });
    const query = { ...QUERY, lamportTime: 10 };
    const event = { type: 'userEvent', name: 'e', payload: null, lamportTime: 20, coalesce: false } as const;
    lone.take();
    lone.hear(query, event);
    expect(lone.takeOnly('query')).toEqual([]);
    lone.hear({ ...query, lamportTime: 11 }, { ...event, lamportTime: 21 });
    const told = lone.take().map(({ type }) => type);
    expect(told).toContain('query');
    expect(told.filter((type) => type === 'userEvent')).toHaveLength(1);
  });

  it('who leaves meanwhile tries no further', () => {
    const previous = 'alive: a 10.0.0.2:7946\nalive: b 10.0.0.3:7946\n';
    const lone = new LoneSerf({ snapshot: { rejoinAfterLeave: false, previous } });
    const [first] = lone.takeOnly('pushPull');
    lone.do((serf, nowMs) => serf.leave(nowMs));
    lone.do((serf, nowMs) => serf.exchangeEnded(first!.exchange, nowMs, 'unreachable'));
    expect(lone.take().map(({ type }) => type)).not.toContain('pushPull');
  });

  it('unreachable members are tried one after the other, until none is left', () => {
    const network = new SerfNetwork({ seed: 43 });
    const all = network.populate(4, options);
    for (const member of all) member.kill();
    network.restart(all[0]!);
    network.run(1000);
    expect(all[0]!.events('rejoinFailed')).toHaveLength(1);
    expect(all[0]!.serf.members()).toHaveLength(1);
    network.restart(all[3]!);
    network.run(1000);
    expect(network.statuses('n0')).toEqual(['alive', 'alive']);
  });
});
