import { constants } from 'node:os';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeEnd, decodeOrder, decodeStarted, encodeEnd, encodeOrder, encodeStarted } from './messages.ts';

const text = fc.string({ unit: 'grapheme' });
const id = fc.integer({ min: 0, max: 2 ** 31 - 1 });

it('reads orders back', () => {
  const order = fc.record(
    {
      file: text,
      argv0: text,
      args: fc.array(text),
      env: fc.dictionary(
        text.filter((key) => key !== '__proto__'),
        text,
        { noNullPrototype: true },
      ),
      stdin: fc.boolean(),
      cwd: fc.string({ minLength: 1 }),
      uid: id,
      gid: id,
    },
    { requiredKeys: ['file', 'argv0', 'args', 'env', 'stdin'] },
  );
  fc.assert(
    fc.property(order, (value) => {
      expect(decodeOrder(encodeOrder(value))).toEqual(value);
    }),
  );
});

it('a program is called by its file name unless it is told otherwise', () => {
  const order = { file: '/bin/true', args: [], env: {}, stdin: false };
  expect(decodeOrder(encodeOrder(order)).argv0).toBe('/bin/true');
});

it('reads starts back', () => {
  expect(decodeStarted(encodeStarted({ pid: 4_194_304, startTime: '18446744073709551615' }))).toEqual({
    pid: 4_194_304,
    startTime: '18446744073709551615',
  });
  expect(decodeStarted(encodeStarted({ pid: 1 }))).toEqual({ pid: 1 });
});

it.each([
  { exitCode: 0 },
  { exitCode: 255 },
  { signal: 'SIGKILL' },
  { signal: 'SIGABRT' },
  { signal: 'SIGIO' },
  { failure: 'ENOENT', failed: 'cwd' },
  { failure: 'E2BIG', failed: 'file' },
  { failure: 'ERR_UNKNOWN', failed: 'file' },
] as const)('reads the end %o back', (note) => {
  expect(decodeEnd(encodeEnd(note))).toEqual(note);
});

it('names the first of several names of a signal, and numbers one without', () => {
  expect(constants.signals.SIGIOT).toBe(constants.signals.SIGABRT);
  expect(decodeEnd(encodeEnd({ signal: 'SIGIOT' }))).toEqual({ signal: 'SIGABRT' });
  expect(decodeEnd(Uint8Array.of(1, 0, 0, 0, 40))).toEqual({ signal: 'SIG40' });
});
