import { describe, expect, it } from 'vitest';
import { History } from './history.ts';

const put = (value: number) => ({ kind: 'put', key: 0, value, expected: 0 }) as const;

describe('histories of clients', () => {
  /** Many writes of unknown outcome that nobody saw, then reads that go on with what was acknowledged. */
  function withUnseenWrites(): History {
    const history = new History();
    for (let i = 1; i <= 40; i++) history.write(put(1000 + i), i, undefined);
    for (let i = 1; i <= 40; i++) {
      const at = 100 + i * 10;
      history.write(put(i), at, { at: at + 15, effective: true });
      history.read(0, at + 16, at + 18, i);
    }
    return history;
  }

  it('writes of unknown outcome that nobody saw do not keep one from being judged', () => {
    const history = withUnseenWrites();
    history.check();
    expect([history.count, history.unknown]).toEqual([1, 0]);
  });

  it('a compare-and-set that failed may be all that shows such a write', () => {
    const history = new History();
    history.write(put(1), 0, { at: 1, effective: true });
    history.write(put(2), 2, undefined);
    history.write({ kind: 'cas', key: 0, value: 3, expected: 1 }, 3, { at: 4, effective: false });
    expect(() => history.check()).not.toThrow();
    expect(history.unknown).toBe(0);
  });

  it('a lost write is found among them', () => {
    const history = new History();
    for (let i = 1; i <= 10; i++) history.write(put(1000 + i), 50 + i, undefined);
    history.write(put(1), 0, { at: 1, effective: true });
    history.read(0, 2, 3, 0);
    expect(() => history.check()).toThrow('linearizability');
  });
});
