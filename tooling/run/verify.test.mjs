import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { countTests, verdictOf } from './verify.mjs';

let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dkron-count-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const report = (change) => {
  const file = join(folder, 'tests.json');
  const base = {
    success: true,
    numPassedTests: 7,
    numFailedTests: 0,
    numPendingTests: 1,
    numTodoTests: 0,
    testResults: [],
  };
  writeFileSync(file, JSON.stringify({ ...base, ...change }));
  return countTests(file);
};

it('a check that cannot be made here is neither passed nor failed', () => {
  expect([0, 1, 77, undefined].map(verdictOf)).toEqual(['pass', 'FAIL', 'NOT RUN', 'FAIL']);
});

describe('countTests', () => {
  it('counts what vitest counted', () => {
    expect(report({})).toEqual({ passed: 7, failed: 0, skipped: 1, failures: [] });
    expect(report({ success: false, numFailedTests: 2 }).failed).toBe(2);
  });

  it('counts a file that could not be loaded', () => {
    expect(report({ success: false, testResults: [{ status: 'failed', assertionResults: [] }] }).failed).toBe(1);
  });

  it('names what failed, with the first lines of why', () => {
    const failed = { status: 'failed', fullName: 'a test', failureMessages: ['expected 1 to be 2\n  at x'] };
    const passed = { status: 'passed', fullName: 'another', failureMessages: [] };
    const file = { name: '/a.test.ts', status: 'failed', message: '', assertionResults: [failed, passed] };
    const { failures } = report({ success: false, numFailedTests: 1, testResults: [file] });
    expect(failures).toEqual(['/a.test.ts > a test\n      expected 1 to be 2\n        at x']);
  });

  it('counts a run that failed without a failing test, and a missing report', () => {
    expect(report({ success: false }).failed).toBe(1);
    expect(countTests(join(folder, 'none.json'))).toMatchObject({ passed: 0, failed: 1, skipped: 0 });
  });
});
