import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventParser } from './event-parser.ts';

const STREAM =
  '\uFEFFevent: job\nid: 7.0\ndata: {"a":1}\n\n: a comment\n\nevent: tick\r\nid: 8.1\r\ndata: one\r\ndata:two\r\n\r\nevent: lost\n\ndata\r\rid: x\0y\ndata: é\n\n';

const EVENTS = [
  { event: 'job', data: '{"a":1}', id: '7.0' },
  { event: 'tick', data: 'one\ntwo', id: '8.1' },
  { event: 'message', data: '', id: '8.1' },
  { event: 'message', data: 'é', id: '8.1' },
];

describe('EventParser', () => {
  it('reads fields, comments and line ends as the standard says', () => {
    expect(new EventParser().push(STREAM)).toEqual(EVENTS);
  });

  it('gives the same wherever the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(STREAM.length)), (cuts) => {
        const places = [0, ...cuts.toSorted((a, b) => a - b), STREAM.length];
        const parser = new EventParser();
        const found = places.flatMap((place, index) => parser.push(STREAM.slice(places[index - 1] ?? 0, place)));
        expect(found).toEqual(EVENTS);
      }),
    );
  });

  it('keeps an event that has not ended to itself, and bounds it', () => {
    const parser = new EventParser();
    expect(parser.push('data: a\n')).toEqual([]);
    expect(() => parser.push(`data: ${'x'.repeat(17_000_000)}`)).toThrow(RangeError);
  });
});
