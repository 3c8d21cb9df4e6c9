import { describe, expect, it } from 'vitest';
import { checkSizes } from './sizes.ts';

const path = 'packages/x/src/a.ts';
const file = (lines: number, at = path): { path: string; text: string } => ({ path: at, text: 'x\n'.repeat(lines) });

describe('checkSizes', () => {
  it('allows 400 lines', () => {
    expect(checkSizes([file(400)], {})).toEqual([]);
    expect(checkSizes([file(401)], {})).toHaveLength(1);
  });

  it('does not count tests and data', () => {
    expect(checkSizes([file(999, 'packages/x/src/a.test.ts'), file(999, 'packages/x/testdata/a.ts')], {})).toEqual([]);
  });

  it('keeps to the allow-list, and the allow-list to what exists', () => {
    expect(checkSizes([file(450)], { [path]: { lines: 450, reason: 'one state machine' } })).toEqual([]);
    expect(checkSizes([file(451)], { [path]: { lines: 450, reason: 'one state machine' } })).toHaveLength(1);
    expect(checkSizes([file(450)], { [path]: { lines: 450, reason: ' ' } })).toHaveLength(1);
    expect(checkSizes([file(90)], { [path]: { lines: 450, reason: 'was long' } })).toHaveLength(1);
    expect(checkSizes([], { [path]: { lines: 450, reason: 'was here' } })).toHaveLength(1);
  });
});
