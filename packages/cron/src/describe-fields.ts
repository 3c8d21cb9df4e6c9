import type { FieldSet } from './fields.ts';
import { FIELDS } from './fields.ts';

const MONTHS = [
  '',
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
];
const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const ORDINALS = ['', 'first', 'second', 'third', 'fourth', 'fifth'];
/** So many times of the day are spelled out. */
const MAX_TIMES = 4;

/** One field as a person sees it. */
interface Shape {
  readonly values: readonly number[];
  readonly all: boolean;
  /** The n of every-n-th from the minimum to the maximum; 0 = no such pattern. */
  readonly step: number;
}

function shapeOf(fields: readonly FieldSet[], index: number): Shape {
  const set = fields[index];
  const { min, max } = FIELDS[index] ?? { min: 0, max: 0 };
  const values: number[] = [];
  for (let value = min; value <= max; value += 1) {
    const mask = value < 30 ? (set?.low ?? 0) >>> value : (set?.high ?? 0) >>> (value - 30);
    if ((mask & 1) === 1) values.push(value);
  }
  return { values, all: values.length === max - min + 1, step: stepOf(values, min, max) };
}

function stepOf(values: readonly number[], min: number, max: number): number {
  const step = (values[1] ?? 0) - (values[0] ?? 0);
  const regular =
    values.length > 2 && step > 1 && values[0] === min && values.every((value, i) => value === min + i * step);
  return regular && (values.at(-1) ?? 0) + step > max ? step : 0;
}

/** `1, 3 and 5`; three or more in a row become `1 to 5`. */
function listOf(values: readonly number[], name: (value: number) => string): string {
  const items: string[] = [];
  for (let i = 0; i < values.length; i += 1) {
    let end = i;
    while (values[end + 1] === (values[end] ?? 0) + 1) end += 1;
    if (end - i >= 2) {
      items.push(`${name(values[i] ?? 0)} to ${name(values[end] ?? 0)}`);
      i = end;
    } else items.push(name(values[i] ?? 0));
  }
  return joinWith(items, 'and');
}

function joinWith(items: readonly string[], word: string): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} ${word} ${items.at(-1) ?? ''}`;
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** When during a day. */
export function describeTimes(fields: readonly FieldSet[]): string {
  const [second, minute, hour] = [shapeOf(fields, 0), shapeOf(fields, 1), shapeOf(fields, 2)];
  if (second.values.length * minute.values.length * hour.values.length <= MAX_TIMES)
    return clockTimes(second, minute, hour);
  const parts = [fineTimes(second, minute)];
  const onTheHour = isZero(second) && isZero(minute);
  if (hour.step > 0) parts.push(onTheHour ? `every ${hour.step} hours` : `in every ${ordinal(hour.step)} hour`);
  else if (hour.all) parts.push(onTheHour ? 'every hour' : minute.all || minute.step > 0 ? '' : 'of every hour');
  else
    parts.push(
      onTheHour ? `on the hour, hours ${listOf(hour.values, String)}` : `in hours ${listOf(hour.values, String)}`,
    );
  return parts.filter((part) => part !== '').join(' ');
}

function clockTimes(second: Shape, minute: Shape, hour: Shape): string {
  const times = hour.values.flatMap((h) =>
    minute.values.flatMap((m) => second.values.map((s) => `${two(h)}:${two(m)}${isZero(second) ? '' : `:${two(s)}`}`)),
  );
  return `at ${joinWith(times, 'and')}`;
}

/** Seconds and minutes; empty when both are 0. */
function fineTimes(second: Shape, minute: Shape): string {
  const minutes = minute.all
    ? 'every minute'
    : minute.step > 0
      ? `every ${minute.step} minutes`
      : `at minute ${listOf(minute.values, String)}`;
  if (isZero(second)) return isZero(minute) ? '' : minutes;
  const seconds = second.all
    ? 'every second'
    : second.step > 0
      ? `every ${second.step} seconds`
      : `at second ${listOf(second.values, String)}`;
  if (minute.all) return second.all || second.step > 0 ? seconds : `${seconds} of every minute`;
  return minute.step > 0 ? `${seconds} of every ${ordinal(minute.step)} minute` : `${seconds}, ${minutes}`;
}

function isZero(shape: Shape): boolean {
  return shape.values.length === 1 && shape.values[0] === 0;
}

function ordinal(value: number): string {
  const suffix =
    value % 10 === 1 && value !== 11
      ? 'st'
      : value % 10 === 2 && value !== 12
        ? 'nd'
        : value % 10 === 3 && value !== 13
          ? 'rd'
          : 'th';
  return `${value}${suffix}`;
}

/** On which days; empty when on all. */
export function describeDays(fields: readonly FieldSet[]): string {
  const dates = fields[3]?.star === true ? [] : dateWords(fields);
  const weekdays = fields[5]?.star === true ? [] : weekdayWords(fields);
  const month = shapeOf(fields, 4);
  const days = joinWith([...dates, ...weekdays], 'or');
  const months = month.all ? '' : `in ${listOf(month.values, (value) => MONTHS[value] ?? '')}`;
  return [days === '' ? '' : `on ${days}`, months].filter((part) => part !== '').join(' ');
}

function dateWords(fields: readonly FieldSet[]): string[] {
  const shape = shapeOf(fields, 3);
  const words: string[] = [];
  if (shape.step > 0) words.push(`every ${ordinal(shape.step)} day of the month from the 1st`);
  else if (shape.values.length > 0) words.push(`day ${listOf(shape.values, String)} of the month`);
  if (fields[3]?.lastDay === true) words.push('the last day of the month');
  return words;
}

function weekdayWords(fields: readonly FieldSet[]): string[] {
  const set = fields[5];
  const name = (value: number): string => WEEKDAYS[value] ?? '';
  const { values } = shapeOf(fields, 5);
  const words = values.length === 0 ? [] : [listOf(values, name)];
  const last = [0, 1, 2, 3, 4, 5, 6].filter((value) => (((set?.lastWeekdays ?? 0) >>> value) & 1) === 1);
  for (const value of last) words.push(`the last ${name(value)} of the month`);
  if (set?.nth !== undefined)
    words.push(`the ${ORDINALS[set.nth.occurrence] ?? ''} ${name(set.nth.weekday)} of the month`);
  return words;
}
