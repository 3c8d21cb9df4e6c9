import { seededRandom } from '@dkron/runtime/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkLinearizable, type Verdict } from './check-linearizable.ts';
import type { Operation } from './model.ts';
import { type RegisterInput, registerModel, type RegisterOutput } from './register-model.ts';

type Op = Operation<RegisterInput, RegisterOutput>;

const put = (value: number, calledAt: number, at?: number): Op => ({
  input: { kind: 'put', value },
  calledAt,
  answer: at === undefined ? undefined : { at, output: 1 },
});
const get = (output: number, calledAt: number, at: number): Op => ({
  input: { kind: 'get' },
  calledAt,
  answer: { at, output },
});
const cas = (expected: number, value: number, output: number, calledAt: number, at: number): Op => ({
  input: { kind: 'cas', expected, value },
  calledAt,
  answer: { at, output },
});
const verdict = (operations: Op[]): Verdict => checkLinearizable(registerModel, operations).verdict;

describe('histories known to be linearizable', () => {
  it.each<[string, Op[]]>([
    ['nothing', []],
    ['one after the other', [put(1, 0, 1), get(1, 2, 3), cas(1, 2, 1, 4, 5), get(2, 6, 7)]],
    ['a read during a write sees the old value', [put(1, 0, 10), get(0, 1, 2)]],
    ['a read during a write sees the new value', [put(1, 0, 10), get(1, 1, 2)]],
    ['two reads during a write see old, then new', [put(1, 0, 10), get(0, 1, 2), get(1, 3, 4)]],
    ['writes that overlap take either order', [put(1, 0, 10), put(2, 0, 10), get(1, 11, 12)]],
    ['a write of unknown outcome took effect late', [put(1, 0), get(0, 5, 6), get(1, 7, 8)]],
    ['a write of unknown outcome never took effect', [put(1, 0), get(0, 5, 6), get(0, 7, 8)]],
    ['a refused cas saw another value', [put(3, 0, 1), cas(1, 2, 0, 2, 3), get(3, 4, 5)]],
    ['one of two equal cas wins', [cas(0, 1, 1, 0, 5), cas(0, 2, 0, 0, 5), get(1, 6, 7)]],
    ['an answer at the time of the next call comes after it', [put(1, 0, 5), get(0, 5, 6)]],
  ])('%s', (_name, operations) => expect(verdict(operations)).toBe('linearizable'));
});

describe('histories known not to be', () => {
  it.each<[string, Op[]]>([
    ['a stale read', [put(1, 0, 1), get(0, 2, 3)]],
    ['a read from nowhere', [get(7, 0, 1)]],
    ['two reads during a write see new, then old', [put(1, 0, 10), get(1, 1, 2), get(0, 3, 4)]],
    ['a lost update', [cas(0, 1, 1, 0, 1), cas(0, 2, 1, 2, 3)]],
    ['both of two equal cas win', [cas(0, 1, 1, 0, 5), cas(0, 2, 1, 0, 5)]],
    ['a write of unknown outcome before its call', [get(1, 0, 1), put(1, 2)]],
    ['a write of unknown outcome twice', [put(1, 0), put(2, 1, 2), get(1, 3, 4), put(3, 5, 6), get(1, 7, 8)]],
    ['readers disagree on the order', [put(1, 0, 9), put(2, 0, 9), get(1, 10, 11), get(2, 12, 13)]],
  ])('%s', (_name, operations) => expect(verdict(operations)).toBe('violation'));
});

/** Operations that take effect at an instant between call and answer, some of unknown outcome. */
function sequentialHistory(seed: number, length: number): Op[] {
  const random = seededRandom(seed);
  const history: Op[] = [];
  let state = 0;
  for (let i = 1; i <= length; i++) {
    const input: RegisterInput = [
      { kind: 'get' } as const,
      { kind: 'put', value: i } as const,
      { kind: 'cas', expected: random.nextInt(2) === 0 ? state : i + 1000, value: i } as const,
    ][random.nextInt(3)]!;
    const output = input.kind === 'get' ? state : input.kind === 'put' || input.expected === state ? 1 : 0;
    state = registerModel.next(state, input);
    const calledAt = i * 10 - random.nextInt(40);
    const at = i * 10 + 1 + random.nextInt(40);
    const unknown = input.kind !== 'get' && random.nextInt(8) === 0;
    history.push({ input, calledAt, answer: unknown ? undefined : { at, output } });
  }
  return history;
}

describe('properties', () => {
  it('what comes from a sequential execution is linearizable', () => {
    const property = fc.property(fc.nat(), fc.integer({ min: 1, max: 60 }), (seed, length) => {
      expect(verdict(sequentialHistory(seed, length))).toBe('linearizable');
    });
    fc.assert(property, { numRuns: 300 });
  });

  it('a value that was never written is found in any of them', () => {
    const property = fc.property(fc.nat(), fc.integer({ min: 1, max: 30 }), fc.nat(), (seed, length, at) => {
      const history = sequentialHistory(seed, length);
      const position = at % length;
      history.splice(position, 0, get(-1, position * 10, position * 10 + 5));
      expect(verdict(history)).toBe('violation');
    });
    fc.assert(property, { numRuns: 200 });
  });

  it('agrees with trying every order', () => {
    const operation = fc.record({
      kind: fc.constantFrom('get', 'put', 'cas'),
      value: fc.integer({ min: 0, max: 2 }),
      expected: fc.integer({ min: 0, max: 2 }),
      output: fc.integer({ min: 0, max: 2 }),
      calledAt: fc.nat(8),
      length: fc.integer({ min: 1, max: 6 }),
      unknown: fc.boolean(),
    });
    const property = fc.property(fc.array(operation, { maxLength: 5 }), (drawn) => {
      const history = drawn.map(({ kind, value, expected, output, calledAt, length, unknown }): Op => ({
        input: kind === 'get' ? { kind } : kind === 'put' ? { kind, value } : { kind: 'cas', expected, value },
        calledAt,
        answer: unknown && kind !== 'get' ? undefined : { at: calledAt + length, output },
      }));
      expect(verdict(history)).toBe(anyOrder(history, [], 0) ? 'linearizable' : 'violation');
    });
    fc.assert(property, { numRuns: 2000 });
  });

  it('gives up when told to', () => {
    const result = checkLinearizable(registerModel, sequentialHistory(1, 50), { maxAttempts: 10 });
    expect(result.verdict).toBe('unknown');
  });
});

/** The definition itself. */
function anyOrder(history: Op[], placed: number[], state: number): boolean {
  const left = history.map((_, i) => i).filter((i) => !placed.includes(i));
  if (left.every((i) => history[i]!.answer === undefined)) return true;
  return left.some((i) => {
    const { input, calledAt, answer } = history[i]!;
    if (left.some((j) => j !== i && (history[j]!.answer?.at ?? Infinity) < calledAt)) return false;
    if (answer !== undefined && !registerModel.accepts(state, input, answer.output)) return false;
    return anyOrder(history, [...placed, i], registerModel.next(state, input));
  });
}
