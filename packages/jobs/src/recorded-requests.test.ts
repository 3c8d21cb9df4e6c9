import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { echoJobJson, JobInvalidError, parseJobJson, validateJob } from './index.ts';

interface Case {
  readonly name: string;
  readonly status: number;
  readonly text?: string;
  readonly base64?: string;
  readonly pretty?: boolean;
  readonly answer: unknown;
}

const { cases } = JSON.parse(readFileSync(new URL('../testdata/create-requests.json', import.meta.url), 'utf8')) as {
  cases: Case[];
};

/** Where ours accepts what the original refuses. */
const ADDED: Readonly<Record<string, string>> = {
  'schedule "0 0 0 L * *"': 'last day of the month',
  'schedule "0 0 0 ? * 1#2"': 'second Monday',
};

/** Where ours is meant to refuse, or to refuse otherwise: name of the case → why. */
const MEANT: Readonly<Record<string, string>> = {
  'schedule "TZ=UTC"': 'G-S9: the original fails with 500',
  'schedule "CRON_TZ=UTC"': 'G-S9',
  'schedule "TZ="': 'G-S9',
  'retries above 32 bits accepted, echoed': 'refused instead of stored wrapped',
  'success_count above 31 bits echoed': 'refused instead of stored wrapped',
};

function answerOf(one: Case): string {
  const body = one.base64 === undefined ? (one.text ?? '') : Uint8Array.from(Buffer.from(one.base64, 'base64'));
  try {
    const parsed = parseJobJson(body);
    const problems = validateJob(parsed.definition);
    if (problems.length > 0) return new JobInvalidError('Job validation failed', problems).message;
    return echoJobJson(parsed, { pretty: one.pretty ?? false });
  } catch (error) {
    if (error instanceof JobInvalidError) return error.message;
    throw error;
  }
}

describe('recorded create requests', () => {
  it('are all here', () => {
    expect(cases.length).toBeGreaterThan(200);
  });

  const same = cases.filter((one) => one.status !== 404 && `${MEANT[one.name] ?? ''}${ADDED[one.name] ?? ''}` === '');

  it.each(same)('$name', (one) => {
    const answer = answerOf(one);
    if (typeof one.answer === 'string') expect(answer).toBe(one.answer);
    // Compared as text: the order of keys counts.
    else expect(JSON.stringify(JSON.parse(answer))).toBe(JSON.stringify(one.answer));
  });

  it('accepts the day forms that were added', () => {
    for (const one of cases.filter((item) => ADDED[item.name] !== undefined)) {
      expect(JSON.parse(answerOf(one)), one.name).toHaveProperty('schedule');
    }
  });

  it('G-S9: answers every meant difference with 400', () => {
    for (const one of cases.filter((item) => MEANT[item.name] !== undefined)) {
      expect(answerOf(one), one.name).toMatch(/^Job validation failed: /);
      expect(answerOf(one), one.name).not.toBe(one.answer);
    }
  });

  it('keeps a missing parent for the caller, who knows the other jobs', () => {
    const lonely = cases.filter((one) => one.status === 404);
    expect(lonely.length).toBeGreaterThan(0);
    for (const one of lonely) expect(JSON.parse(answerOf(one)), one.name).toHaveProperty('name');
  });
});
