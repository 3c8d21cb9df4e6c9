import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CORE_MUTATIONS } from './core-mutations.ts';
import { DRIVER_MUTATIONS } from './driver-mutations.ts';
import { mutate } from './mutation.ts';

const core = new URL('../../core/', import.meta.url);

const ALL = [...CORE_MUTATIONS, ...DRIVER_MUTATIONS];

describe('mutations', () => {
  it.each(ALL.map((mutation) => [mutation.id, mutation] as const))('%s has its place', (_id, mutation) => {
    const source = readFileSync(new URL(mutation.file, core), 'utf8');
    expect(mutate(source, mutation)).not.toBe(source);
  });

  it('has names that differ', () => {
    expect(new Set(ALL.map(({ id }) => id)).size).toBe(ALL.length);
  });

  it('refuses a place that is missing or ambiguous', () => {
    const mutation = { id: 'x', what: '', file: '', find: 'a', replace: 'b' };
    expect(() => mutate('aa', mutation)).toThrow('2 times');
    expect(() => mutate('c', mutation)).toThrow('0 times');
    expect(mutate('cac', mutation)).toBe('cbc');
  });
});
