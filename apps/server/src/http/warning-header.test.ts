import { expect, it } from 'vitest';
import { warningHeader } from './warning-header.ts';

it('no warning is no header', () => {
  expect(warningHeader([])).toEqual({});
});

it('texts are quoted and hold nothing that a header may not', () => {
  expect(warningHeader(['tags: "a"', 'ключ\r\nX: 1'])).toEqual({
    warning: String.raw`199 dkron "tags: \"a\"", 199 dkron "\u043a\u043b\u044e\u0447\r\nX: 1"`,
  });
});

it('a header stays short, however much there is to warn of', () => {
  const { warning = '' } = warningHeader(Array.from({ length: 100 }, () => 'x'.repeat(10_000)));
  expect(warning.length).toBeLessThan(2_000);
  expect(warning).toMatch(/"and 95 more"$/);
});
