import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkTimezone, isKnownTimezone, openZone } from './zone.ts';

/** The offset by another road than the table's: the parts of the local date. */
function intlOffset(format: Intl.DateTimeFormat, seconds: number): number {
  const part = new Map(format.formatToParts(seconds * 1000).map(({ type, value }) => [type, Number(value)]));
  const of = (type: Intl.DateTimeFormatPartTypes): number => part.get(type) ?? NaN;
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second')) / 1000 - seconds;
}

function partsOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
}

const ODD_ZONES = [
  'America/New_York',
  'Europe/Berlin',
  'Pacific/Chatham',
  'Australia/Lord_Howe',
  'America/St_Johns',
  'Asia/Gaza',
  'Asia/Hebron',
  'Antarctica/Casey',
  'Antarctica/Troll',
  'Pacific/Apia',
  'Africa/Casablanca',
  'Africa/Cairo',
  'America/Caracas',
  'Asia/Pyongyang',
  'Asia/Kathmandu',
];

describe('ZoneOffsets', () => {
  it.each(ODD_ZONES)('%s equals Intl on both sides of every change from 2005 to 2032 and every 31 hours', (name) => {
    const zone = openZone(name);
    const format = partsOf(name);
    const from = Date.UTC(2005, 0, 1) / 1000;
    const to = Date.UTC(2032, 0, 1) / 1000;
    for (let at = from; at < to; at = zone.spanAt(at).end) {
      const { start, end, offset } = zone.spanAt(at);
      for (const instant of [start, end - 1])
        expect([name, instant, offset]).toEqual([name, instant, intlOffset(format, instant)]);
    }
    for (let at = from; at < to; at += 31 * 3600) {
      expect([name, at, zone.offsetAt(at)]).toEqual([name, at, intlOffset(format, at)]);
    }
  });

  it('equals Intl in any zone at any instant between 1900 and 2200', () => {
    const zones = Intl.supportedValuesOf('timeZone');
    const instants = fc.integer({ min: Date.UTC(1900, 0, 1) / 1000, max: Date.UTC(2200, 0, 1) / 1000 });
    fc.assert(
      fc.property(fc.constantFrom(...zones), instants, (name, at) => {
        expect([name, at, openZone(name).offsetAt(at)]).toEqual([name, at, intlOffset(partsOf(name), at)]);
      }),
      { numRuns: 200 },
    );
  });
});

describe('zone names', () => {
  it.each([
    'UTC',
    'Local',
    '',
    'Europe/Kyiv',
    'Europe/Kiev',
    'Asia/Kolkata',
    'Asia/Calcutta',
    'EST5EDT',
    'Etc/GMT+12',
    'GMT0',
    'Factory',
    'W-SU',
  ])('knows %j', (name) => {
    expect(checkTimezone(name)).toBeUndefined();
    expect(isKnownTimezone(name)).toBe(true);
  });

  it.each(['Etc', 'America/Argentina'])('says that %j is a folder of zones', (name) => {
    expect(checkTimezone(name)).toBe('is a directory');
  });

  it.each(['utc', 'local', '+01:00', 'GMT+1', 'PST', 'Europe/berlin', 'Etc/Unknown', 'Europe/Berlin '])(
    'does not know %j',
    (name) => {
      expect(checkTimezone(name)).toBe(`unknown time zone ${name}`);
    },
  );

  it.each(['../UTC', '/etc/localtime', '\\UTC', 'a..b'])('refuses %j as a path', (name) => {
    expect(checkTimezone(name)).toBe('time: invalid location name');
  });

  it('openZone refuses what checkTimezone refuses', () => {
    expect(() => openZone('Mars/Olympus')).toThrow('unknown time zone Mars/Olympus');
  });
});
