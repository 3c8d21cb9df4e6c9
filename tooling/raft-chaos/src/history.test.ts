import { describe, expect, it } from 'vitest';
import { History, type KeyInput, type KeyOperation, withoutUnseen } from './history.ts';

const done = (input: KeyInput, output: number, calledAt: number, at: number): KeyOperation => ({
  input,
  calledAt,
  answer: { at, output },
});
const lost = (input: KeyInput, calledAt: number): KeyOperation => ({ input, calledAt, answer: undefined });

function violations(operations: readonly KeyOperation[]): string[] {
  const history = new History();
  for (const operation of operations) history.add('k', operation);
  return history.violations();
}

describe('violations', () => {
  it('none when each operation saw what the one before it left', () => {
    const operations = [
      done({ op: 'put', value: 1 }, 0, 0, 1),
      done({ op: 'cas', value: 2, expected: 1 }, 1, 2, 3),
      done({ op: 'cas', value: 3, expected: 1 }, 2, 4, 5),
      done({ op: 'get' }, 2, 6, 7),
    ];
    expect(violations(operations)).toEqual([]);
  });

  it.each<[string, KeyOperation[]]>([
    ['a stale read', [done({ op: 'put', value: 1 }, 0, 0, 1), done({ op: 'get' }, 0, 2, 3)]],
    ['a lost write', [done({ op: 'put', value: 1 }, 0, 0, 1), done({ op: 'put', value: 2 }, 0, 2, 3)]],
    ['a value from nowhere', [done({ op: 'get' }, 7, 0, 1)]],
    [
      'a lost change that took effect and was undone',
      [lost({ op: 'put', value: 1 }, 0), done({ op: 'get' }, 1, 1, 2), done({ op: 'get' }, 0, 3, 4)],
    ],
  ])('%s', (_name, operations) => {
    expect(violations(operations)).toEqual([expect.stringMatching(/^k: violation, .* stuck at /)]);
  });

  it('judges each key by itself', () => {
    const history = new History();
    history.add('a', done({ op: 'put', value: 1 }, 0, 0, 1));
    history.add('b', done({ op: 'get' }, 0, 2, 3));
    expect(history.violations()).toEqual([]);
    expect(history.acknowledged()).toEqual([1]);
  });
});

describe('withoutUnseen', () => {
  it('leaves out changes without an answer that nobody saw, and only these', () => {
    const seen = lost({ op: 'put', value: 1 }, 0);
    const unseen = lost({ op: 'put', value: 2 }, 0);
    const hoped = lost({ op: 'put', value: 3 }, 0);
    const read = done({ op: 'get' }, 1, 1, 2);
    const cas = lost({ op: 'cas', value: 4, expected: 3 }, 3);
    expect(withoutUnseen([seen, unseen, hoped, read, cas])).toEqual([seen, hoped, read]);
  });

  it('many of them do not make the search long', () => {
    const operations = Array.from({ length: 40 }, (_, i) => lost({ op: 'put', value: i + 1 }, 0));
    operations.push(...Array.from({ length: 40 }, () => done({ op: 'get' }, 0, 1, 2)));
    expect(violations(operations)).toEqual([]);
  });
});
