import { expect, it } from 'vitest';
import { Unwind } from './unwind.ts';

it('ends in reverse order, each part once, and all of them when one fails', async () => {
  const unwind = new Unwind();
  const ended: string[] = [];
  unwind.add(() => ended.push('first'));
  unwind.add(async () => {
    await Promise.resolve();
    ended.push('second');
    throw new Error('second failed');
  });
  unwind.add(() => ended.push('third'));
  await expect(unwind.run()).rejects.toThrow('second failed');
  await unwind.run();
  expect(ended).toEqual(['third', 'second', 'first']);
});
