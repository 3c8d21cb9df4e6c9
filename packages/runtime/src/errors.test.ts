import { describe, expect, it } from 'vitest';
import { assert, assertNever, AssertionError } from './assert.ts';
import { DkronError, messageOf } from './errors.ts';

class NameTakenError extends DkronError<'name-taken', { readonly name: string }> {
  constructor(name: string, options?: ErrorOptions) {
    super('name-taken', `name ${name} is taken`, { name }, options);
  }
}

describe('DkronError', () => {
  it('carries code, details, cause and the name of its class', () => {
    const cause = new Error('below');
    const error = new NameTakenError('a', { cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name: 'NameTakenError', code: 'name-taken', details: { name: 'a' }, cause });
    expect(error.message).toBe('name a is taken');
  });
});

describe('messageOf', () => {
  it('is the message of an error, and anything else as text', () => {
    expect(messageOf(new NameTakenError('a'))).toBe('name a is taken');
    expect([messageOf('text'), messageOf(undefined), messageOf(null), messageOf(7)]).toEqual([
      'text',
      'undefined',
      'null',
      '7',
    ]);
  });
});

describe('assert', () => {
  it('passes truth and throws on anything falsy', () => {
    expect(() => assert(1, 'one')).not.toThrow();
    for (const value of [false, 0, '', null, undefined]) expect(() => assert(value, 'why')).toThrow(AssertionError);
    expect(() => assert(false, 'why')).toThrow('why');
  });

  it('names what a switch did not expect', () => {
    expect(() => assertNever('x' as never, 'command')).toThrow('unexpected command: x');
  });
});
