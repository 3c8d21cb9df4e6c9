import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress, parseAddress } from './host-port.ts';
import { formatIp } from './ip.ts';
import { formatSnapshotLine, parseSnapshotLine } from './snapshot-line.ts';

const { files } = JSON.parse(readFileSync(new URL('../../testdata/snapshot-files.json', import.meta.url), 'utf8')) as {
  readonly files: Readonly<Record<string, string>>;
};
const linesOf = (name: string): string[] => files[name]!.split('\n').slice(0, -1);

describe(`Snapshotter: ${Object.keys(files).length} of 4 files of a Serf agent`, () => {
  it.each(Object.keys(files))('%s is read, and written again with the same bytes', (name) => {
    const lines = linesOf(name).map((text) => {
      const line = parseSnapshotLine(text);
      if (line.kind === 'ignored' || line.kind === 'unknown') throw new Error(`not understood: ${text}`);
      return `${formatSnapshotLine(line)}\n`;
    });
    expect(lines.join('')).toBe(files[name]);
  });

  it('says what they say', () => {
    expect(linesOf('snapA-final').map(parseSnapshotLine)).toEqual([
      { kind: 'alive', name: 'snapA', address: { ip: '127.23.0.1', port: 7946 } },
      { kind: 'alive', name: 'snap B', address: { ip: '127.23.0.2', port: 7946 } },
      { kind: 'clock', lamportTime: 1 },
      { kind: 'eventClock', lamportTime: 1 },
      { kind: 'eventClock', lamportTime: 2 },
      { kind: 'queryClock', lamportTime: 1 },
      { kind: 'notAlive', name: 'snap B' },
      { kind: 'alive', name: 'snap B', address: { ip: '127.23.0.2', port: 7946 } },
      { kind: 'clock', lamportTime: 2 },
    ]);
    expect(linesOf('snapB-afterleave').map(parseSnapshotLine)).toContainEqual({ kind: 'leave' });
  });
});

describe('snapshot lines', () => {
  it('survive, whatever the member is called', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[\r\n]/.test(text));
    const ip = fc.constantFrom(4, 16).chain((length) => fc.uint8Array({ minLength: length, maxLength: length }));
    const address = fc.record({ ip: ip.map((bytes) => formatIp(bytes)!), port: fc.nat(65_535) });
    const line = fc.oneof(
      fc.record({ kind: fc.constant('alive' as const), name, address }),
      fc.record({ kind: fc.constant('notAlive' as const), name }),
      fc.record({
        kind: fc.constantFrom('clock' as const, 'eventClock' as const, 'queryClock' as const),
        lamportTime: fc.maxSafeNat(),
      }),
    );
    fc.assert(
      fc.property(line, (one) => {
        expect(parseSnapshotLine(formatSnapshotLine(one))).toEqual(one);
      }),
    );
  });

  it.each(['# a comment', 'coordinate: {}'])('%s is passed over', (text) => {
    expect(parseSnapshotLine(text)).toEqual({ kind: 'ignored' });
  });

  it.each(['', 'alive: web', 'alive: web 1.2.3.4', 'alive:  1.2.3.4:5', 'clock: -1', 'clock: 1e3', 'clock: '])(
    '%s is unknown',
    (text) => {
      expect(parseSnapshotLine(text)).toEqual({ kind: 'unknown' });
    },
  );

  it('a Lamport time that cannot be held is unknown, not rounded', () => {
    expect(parseSnapshotLine('clock: 18446744073709551615')).toEqual({ kind: 'unknown' });
  });

  it('a name that would be two lines is refused', () => {
    expect(() => formatSnapshotLine({ kind: 'notAlive', name: 'a\nleave' })).toThrow('name "a\\nleave": line break');
  });
});

describe('addresses', () => {
  it.each(['1.2.3.4:5', '[::1]:7946', '[2001:db8::1]:0', '255.255.255.255:65535'])('%s is one', (text) => {
    expect(formatAddress(parseAddress(text)!)).toBe(text);
  });

  it.each([
    '',
    ':5',
    '1.2.3.4',
    '1.2.3.4:',
    '1.2.3.4:65536',
    '::1:80',
    '[1.2.3.4]:80',
    'web:80',
    '1.2.3.4:-1',
    '[::1:80',
  ])('%s is none', (text) => {
    expect(parseAddress(text)).toBeUndefined();
  });
});
