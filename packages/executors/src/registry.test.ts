import { expect, it } from 'vitest';
import { SUCCEEDED } from './results.ts';
import { ExecutorRegistry } from './registry.ts';
import type { Executor } from './types.ts';

const named = (name: string): Executor => ({ name, execute: () => Promise.resolve(SUCCEEDED) });

it('finds executors by name and lists them in order', () => {
  const shell = named('shell');
  const registry = new ExecutorRegistry([shell, named('http')]);
  expect(registry.get('shell')).toBe(shell);
  expect(registry.get('nats')).toBeUndefined();
  expect(registry.names()).toEqual(['http', 'shell']);
});

it('refuses two of one name', () => {
  expect(() => new ExecutorRegistry([named('a'), named('a')])).toThrow('two executors are named a');
});
