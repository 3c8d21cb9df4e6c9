import { describe, expect, it } from 'vitest';
import { OncePrinter } from './once-printer.ts';

function printed(...steps: readonly (string | undefined)[]): string {
  let out = '';
  const printer = new OncePrinter((text) => (out += text));
  for (const step of steps) {
    if (step === undefined) printer.startOver();
    else printer.print(step);
  }
  printer.endLine();
  return out;
}

describe('OncePrinter', () => {
  it('prints each piece, and ends an open line', () => {
    expect(printed('a\n', 'b')).toBe('a\nb\n');
    expect(printed('a\n')).toBe('a\n');
    expect(printed()).toBe('');
  });

  it('leaves out what was printed when the text begins anew, however it is cut', () => {
    expect(printed('one\n', 'two\n', undefined, 'o', 'ne\ntw', 'o\nthree\n')).toBe('one\ntwo\nthree\n');
    expect(printed('one\n', undefined, 'one\n', undefined, 'one\n', 'two\n')).toBe('one\ntwo\n');
  });

  it('goes on where the new text differs', () => {
    expect(printed('abc', undefined, 'ab[…]', 'abc')).toBe('abc[…]abc\n');
  });
});
