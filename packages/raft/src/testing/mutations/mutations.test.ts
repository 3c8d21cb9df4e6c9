import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CORE_MUTATIONS } from './core-mutations.ts';
import { mutate } from './mutation.ts';

const core = new URL('../../core/', import.meta.url);

describe('mutations of the core', () => {
  it.each(CORE_MUTATIONS.map((mutation) => [mutation.id, mutation] as const))('%s has its place', (_id, mutation) => {
    const source = readFileSync(new URL(mutation.file, core), 'utf8');
    expect(mutate(source, mutation)).not.toBe(source);
  });

  it('has names that differ', () => {
    expect(new Set(CORE_MUTATIONS.map(({ id }) => id)).size).toBe(CORE_MUTATIONS.length);
  });

  it('refuses a place that is missing or ambiguous', () => {
    const mutation = { id: 'x', what: '', file: '', find: 'a', replace: 'b' };
    expect(() => mutate('aa', mutation)).toThrow('2 times');
    expect(() => mutate('c', mutation)).toThrow('0 times');
    expect(mutate('cac', mutation)).toBe('cbc');
  });
});
