import { DkronError } from '@dkron/runtime';

/** The kind of finding; `invalid_json` is about the body as a whole. */
export type ProblemCode = 'invalid_json' | 'invalid_value' | 'unknown_zone' | 'invalid_schedule';

/** One finding about a submitted job. */
export interface Problem {
  readonly code: ProblemCode;
  /** JSON path, e.g. `executor_config.timeout`; `''` = the whole body. */
  readonly field: string;
  /** What was sent, cut at 200 characters; absent when it cannot be shown. */
  readonly value?: string;
  /** What would be accepted, in words. */
  readonly allowed: string;
  /** 1-based position of the fault inside the value (body for `invalid_json`); null = none. */
  readonly column: number | null;
  /** The original's sentence where it has one, without prefix and full stop. */
  readonly message: string;
}

const VALUE_CHARACTERS_MAX = 200;

/** The words of a {@link Problem}. */
export interface ProblemText {
  readonly value?: string;
  readonly allowed: string;
  readonly column?: number | null;
  readonly message: string;
}

/** Makes a finding; `value` is cut at 200 characters. */
export function problem(code: ProblemCode, field: string, text: ProblemText): Problem {
  const { value, allowed, column = null, message } = text;
  if (value === undefined) return { code, field, allowed, column, message };
  return { code, field, value: [...value].slice(0, VALUE_CHARACTERS_MAX).join(''), allowed, column, message };
}

/** How the original begins its answer: the body could not be read, or a rule is broken. */
export type InvalidPrefix = 'Unable to parse payload' | 'Job validation failed';

/** A submitted job that cannot be taken. `message` is the original's answer; `problems` are all findings. */
export class JobInvalidError extends DkronError<'job_invalid', { readonly problems: readonly Problem[] }> {
  /** HTTP status of the original for this class of error. */
  readonly status = 400;
  readonly problems: readonly Problem[];
  readonly prefix: InvalidPrefix;

  constructor(prefix: InvalidPrefix, problems: readonly Problem[]) {
    super('job_invalid', `${prefix}: ${problems[0]?.message ?? 'unknown problem'}.`, { problems });
    this.prefix = prefix;
    this.problems = problems;
  }
}
