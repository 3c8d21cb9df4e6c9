import type { EpochNanos } from '@dkron/runtime';

const NANOS_PER_SECOND = 1_000_000_000n;
const MONTHS = 'January February March April May June July August September October November December'.split(' ');
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** Longest first, as Go looks for them. Fractions of a second only behind a dot or comma. */
const ELEMENT =
  /January|Jan(?![a-z])|Monday|Mon(?![a-z])|MST|2006|15|002|[.,](?:0+|9+)(?!\d)|-07:00:00|-070000|-07:00|-0700|-07|Z07:00:00|Z070000|Z07:00|Z0700|Z07|__2|_2006|_2|01|02|03|04|05|06|PM|pm|1|2|3|4|5/g;

/** A moment in UTC by a layout of Go: the moment `Mon Jan 2 15:04:05 MST 2006`, written as it shall look. */
export function formatLayout(nanos: EpochNanos, layout: string): string {
  const rest = ((nanos % NANOS_PER_SECOND) + NANOS_PER_SECOND) % NANOS_PER_SECOND;
  const date = new Date(Number((nanos - rest) / 1_000_000n));
  const fraction = String(rest).padStart(9, '0');
  return layout.replaceAll(ELEMENT, (element) => elementOf(element, fraction, date));
}

function elementOf(element: string, fraction: string, date: Readonly<Date>): string {
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth();
  const hour = date.getUTCHours();
  const dayOfYear = Math.round((Date.UTC(year, month, date.getUTCDate()) - Date.UTC(year, 0, 1)) / 86_400_000) + 1;
  switch (element) {
    case 'January':
      return MONTHS[month]!;
    case 'Jan':
      return MONTHS[month]!.slice(0, 3);
    case '01':
      return two(month + 1);
    case '1':
      return String(month + 1);
    case 'Monday':
      return DAYS[date.getUTCDay()]!;
    case 'Mon':
      return DAYS[date.getUTCDay()]!.slice(0, 3);
    case '02':
      return two(date.getUTCDate());
    case '_2':
      return String(date.getUTCDate()).padStart(2);
    case '2':
      return String(date.getUTCDate());
    case '002':
      return String(dayOfYear).padStart(3, '0');
    case '__2':
      return String(dayOfYear).padStart(3);
    case '15':
      return two(hour);
    case '03':
      return two(hour % 12 || 12);
    case '3':
      return String(hour % 12 || 12);
    case '04':
      return two(date.getUTCMinutes());
    case '4':
      return String(date.getUTCMinutes());
    case '05':
      return two(date.getUTCSeconds());
    case '5':
      return String(date.getUTCSeconds());
    case '2006':
      return String(year).padStart(4, '0');
    case '_2006':
      return `_${String(year).padStart(4, '0')}`;
    case '06':
      return two(year % 100);
    case 'PM':
      return hour < 12 ? 'AM' : 'PM';
    case 'pm':
      return hour < 12 ? 'am' : 'pm';
    case 'MST':
      return 'UTC';
    default:
      return /^[.,]/.test(element) ? fractionOf(element, fraction) : zoneOf(element);
  }
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}

/** Zeros are kept, nines leave out what ends in zeros. */
function fractionOf(element: string, fraction: string): string {
  const digits = fraction.slice(0, element.length - 1).padEnd(element.length - 1, '0');
  if (element[1] === '0') return element[0] + digits;
  const kept = digits.replace(/0+$/, '');
  return kept === '' ? '' : element[0] + kept;
}

function zoneOf(element: string): string {
  return element.startsWith('Z') ? 'Z' : element.replace('-', '+').replaceAll('7', '0');
}
