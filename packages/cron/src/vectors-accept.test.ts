import { describe, expect, it } from 'vitest';
import type { AcceptRecord, HashRecord } from '../test/vectors.ts';
import { Causes, readVectors } from '../test/vectors.ts';
import { ScheduleParseError } from './errors.ts';
import { resolveHash } from './hash.ts';
import { parseSchedule } from './parse-schedule.ts';

const CREATION_PREFIX = "can't parse job schedule: ";

/** `ok`, or the message of the error. Anything but a ScheduleParseError is a bug. */
function answer(record: AcceptRecord): string {
  try {
    parseSchedule(record.text, { jobName: record.name ?? 'test_job', timezone: record.tz ?? '' });
    return 'ok';
  } catch (error) {
    if (!(error instanceof ScheduleParseError)) throw error;
    const { column } = error;
    if (column !== null && (column < 1 || column > record.text.length + 1))
      throw new Error(`column ${column}`, { cause: error });
    if (error.expected === '') throw new Error('nothing expected', { cause: error });
    return error.message;
  }
}

function isDayForm(text: string): boolean {
  const fields = text.split(' ').slice(-6);
  return fields[3] === 'L' || /^\dL$/.test(fields[5] ?? '') || /^\d#[1-5]$/.test(fields[5] ?? '');
}

describe('recorded acceptance and error texts', () => {
  it('equal the recording or differ for a known cause (G-S9: a zone without a schedule is an error, no crash)', () => {
    const causes = new Causes();
    const unexplained: unknown[] = [];
    for (const record of readVectors<AcceptRecord>('accept')) {
      const ours = answer(record);
      const recorded = record.ok ? 'ok' : record.error;
      if (record.panics === true) {
        if (/^time zone .* is not followed by a space and a schedule$/su.test(ours)) causes.add('panics (G-S9)');
        else unexplained.push({ ...record, ours });
      } else if (record.validate !== undefined) {
        if (ours === record.validate.replace(CREATION_PREFIX, '')) causes.add('two checks');
        else unexplained.push({ ...record, ours });
      } else if (ours === recorded) causes.add('equal');
      else if (ours === 'ok' && isDayForm(record.text)) causes.add('added day forms');
      else unexplained.push({ ...record, ours });
    }
    console.log(`accept.jsonl: ${causes.toString()}`);
    expect(unexplained).toEqual([]);
    expect(causes.total()).toBe(1839);
    expect(causes.get('panics (G-S9)')).toBe(15);
    expect(causes.get('added day forms')).toBeGreaterThan(0);
  });

  it('hash.jsonl: ~ is replaced as recorded', () => {
    const records = readVectors<HashRecord>('hash');
    expect(records.length).toBe(335);
    for (const { name, text, schedule } of records)
      expect({ name, schedule: resolveHash(text, name) }).toEqual({ name, schedule });
  });
});
