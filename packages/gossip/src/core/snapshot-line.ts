import { formatAddress, parseAddress } from './host-port.ts';
import type { Address } from './types.ts';

/** One line of Serf's snapshot: what a member must remember to find its pool again. */
export type SnapshotLine =
  | { readonly kind: 'alive'; readonly name: string; readonly address: Address }
  | { readonly kind: 'notAlive'; readonly name: string }
  /** Greatest Lamport time seen of members, user events or queries. */
  | { readonly kind: 'clock' | 'eventClock' | 'queryClock'; readonly lamportTime: number }
  /** We left: everything before counts no more, unless we rejoin after leaving. */
  | { readonly kind: 'leave' }
  /** A comment, or what older versions wrote: passed over without a word. */
  | { readonly kind: 'ignored' }
  | { readonly kind: 'unknown' };

const CLOCKS = { clock: 'clock: ', eventClock: 'event-clock: ', queryClock: 'query-clock: ' } as const;
const ALIVE = 'alive: ';
const NOT_ALIVE = 'not-alive: ';
const IGNORED = ['#', 'coordinate: '];
const DECIMAL = /^[0-9]+$/;

/** The line, without its end. Throws RangeError for a name with line breaks: it would be several lines. */
export function formatSnapshotLine(line: Exclude<SnapshotLine, { kind: 'ignored' | 'unknown' }>): string {
  if ('name' in line && /[\r\n]/.test(line.name)) throw new RangeError(`name ${JSON.stringify(line.name)}: line break`);
  switch (line.kind) {
    case 'alive':
      return `${ALIVE}${line.name} ${formatAddress(line.address)}`;
    case 'notAlive':
      return `${NOT_ALIVE}${line.name}`;
    case 'leave':
      return 'leave';
    default:
      return `${CLOCKS[line.kind]}${line.lamportTime}`;
  }
}

/** Reads one line without its end. Never throws: a damaged line is `unknown`. Names may hold blanks. */
export function parseSnapshotLine(text: string): SnapshotLine {
  if (text === 'leave') return { kind: 'leave' };
  if (text.startsWith(NOT_ALIVE)) return { kind: 'notAlive', name: text.slice(NOT_ALIVE.length) };
  if (text.startsWith(ALIVE)) return parseAlive(text.slice(ALIVE.length));
  for (const kind of ['clock', 'eventClock', 'queryClock'] as const) {
    if (text.startsWith(CLOCKS[kind])) return parseClock(kind, text.slice(CLOCKS[kind].length));
  }
  return { kind: IGNORED.some((start) => text.startsWith(start)) ? 'ignored' : 'unknown' };
}

function parseAlive(text: string): SnapshotLine {
  const blank = text.lastIndexOf(' ');
  const address = parseAddress(text.slice(blank + 1));
  return blank > 0 && address !== undefined
    ? { kind: 'alive', name: text.slice(0, blank), address }
    : { kind: 'unknown' };
}

function parseClock(kind: 'clock' | 'eventClock' | 'queryClock', text: string): SnapshotLine {
  const lamportTime = Number(text);
  return DECIMAL.test(text) && Number.isSafeInteger(lamportTime) ? { kind, lamportTime } : { kind: 'unknown' };
}
