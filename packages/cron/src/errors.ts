import { DkronError } from '@dkron/runtime';

/** The part of a schedule that cannot be used. */
export type ScheduleErrorCode =
  /** The text is empty, or has a number of fields other than six. */
  | 'schedule_shape'
  /** A field of the six cannot be read or lies outside its range. */
  | 'schedule_field'
  /** Begins with `@` and is no known descriptor. */
  | 'schedule_descriptor'
  /** A duration (`@every`, the grace of `@after`) cannot be read. */
  | 'schedule_duration'
  /** A date (`@at`, `@after`) cannot be read. */
  | 'schedule_date'
  /** The zone in the text or the job's `timezone` is not known. */
  | 'schedule_timezone';

/** Where reading stopped and what was expected there. */
export interface ScheduleErrorDetails {
  /** The text as given. */
  readonly text: string;
  /** Where reading stopped: 1-based, UTF-16 units of `text`; null when the fault is not in the text. */
  readonly column: number | null;
  /** What would have been accepted there, in words. */
  readonly expected: string;
}

/** A schedule text or a time zone that cannot be used. `message` is the wording of the original. */
export class ScheduleParseError extends DkronError<ScheduleErrorCode, ScheduleErrorDetails & Record<string, unknown>> {
  readonly column: number | null;
  readonly expected: string;

  constructor(code: ScheduleErrorCode, message: string, details: ScheduleErrorDetails) {
    super(code, message, { ...details });
    this.column = details.column;
    this.expected = details.expected;
  }
}

/** A duration or a date outside a schedule that cannot be read. `message` is the wording of the original. */
export class TimeTextError extends DkronError<'duration_invalid' | 'date_invalid', { readonly text: string }> {
  /** Offset of the fault in `text`, in UTF-16 units, as near as it is known. */
  readonly offset: number;

  constructor(code: 'duration_invalid' | 'date_invalid', message: string, text: string, offset: number) {
    super(code, message, { text });
    this.offset = offset;
  }
}

/** Inside this package: a fault at an offset of the piece being read; the caller knows the whole text. */
export class Fault extends Error {
  readonly code: ScheduleErrorCode;
  /** 0-based offset in the text after `~` replacement; null when the fault is not in the text. */
  readonly offset: number | null;
  readonly expected: string;

  constructor(code: ScheduleErrorCode, message: string, offset: number | null, expected: string) {
    super(message);
    this.code = code;
    this.offset = offset;
    this.expected = expected;
  }
}
