import { TimeTextError } from './errors.ts';
import { LINKED_ZONE_NAMES } from './zone-names.ts';
import { ZoneOffsets } from './zone-offsets.ts';

const canonicalNames: ReadonlySet<string> = new Set(Intl.supportedValuesOf('timeZone'));
const opened = new Map<string, ZoneOffsets>();
/** In the database, unknown to `Intl`, and equal to UTC by definition. */
const FACTORY = 'Factory';

/** Whether `name` is an IANA name in its exact spelling, `UTC`, or `Local`. */
export function isKnownTimezone(name: string): boolean {
  return checkTimezone(name) === undefined;
}

/** Why `name` cannot be a zone, in the original's words; undefined when it can. `''` (UTC) and `Local` can. */
export function checkTimezone(name: string): string | undefined {
  if (name === '' || name === 'Local') return undefined;
  if (name.includes('..') || name.startsWith('/') || name.startsWith('\\')) return 'time: invalid location name';
  if (canonicalNames.has(name) || LINKED_ZONE_NAMES.has(name)) return undefined;
  return isZoneFolder(name) ? 'is a directory' : `unknown time zone ${name}`;
}

/** Whether zones are kept below that name, as those of `Europe` are. */
function isZoneFolder(name: string): boolean {
  const prefix = `${name}/`;
  return [canonicalNames, LINKED_ZONE_NAMES].some((names) => [...names].some((known) => known.startsWith(prefix)));
}

/**
 * The offsets of a zone, shared by all callers: one table per zone and process.
 *
 * @param name - IANA name
 * @throws TimeTextError when the name is not known
 */
export function openZone(name: string): ZoneOffsets {
  const known = opened.get(name);
  if (known !== undefined) return known;
  const problem = name === 'Local' ? 'unknown time zone Local' : checkTimezone(name);
  if (problem !== undefined) throw new TimeTextError('date_invalid', problem, name, 0);
  const zone = new ZoneOffsets(name === '' || name === FACTORY ? 'UTC' : name);
  opened.set(name, zone);
  return zone;
}
