import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { decodeJson, encodeJson } from './json.ts';

describe('JSON of the API', () => {
  it('keeps integers beyond 2^53, and reads group always as bigint', () => {
    expect(
      decodeJson('{"group":5,"n":5,"big":9007199254740993,"f":1.5,"e":1e30,"id":"1700000000123456789-n"}'),
    ).toEqual({
      group: 5n,
      n: 5,
      big: 9_007_199_254_740_993n,
      f: 1.5,
      e: 1e30,
      id: '1700000000123456789-n',
    });
    expect(decodeJson('[{"group":1700000000123456789},-9007199254740993]')).toEqual([
      { group: 1_700_000_000_123_456_789n },
      -9_007_199_254_740_993n,
    ]);
  });

  it('writes bigints as digits, leaves out what is undefined, and knows dates', () => {
    const date = new Date(0);
    expect(encodeJson({ a: 18_446_744_073_709_551_615n, b: undefined, c: [null, undefined, 'x"'], d: date })).toBe(
      '{"a":18446744073709551615,"c":[null,null,"x\\""],"d":"1970-01-01T00:00:00.000Z"}',
    );
  });

  it('reads what it has written', () => {
    const leaf = fc.oneof(
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.maxSafeInteger(),
      fc.bigInt(2n ** 53n, 2n ** 64n),
    );
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('tree')),
        fc.dictionary(fc.string(), tie('tree'), { noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        fc.pre(
          !JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? '' : item))?.includes('"group"'),
        );
        expect(decodeJson(encodeJson(value))).toEqual(value);
      }),
    );
  });

  it('refuses rather than rounds where the engine hides the digits', () => {
    const { parse } = JSON;
    const old = vi
      .spyOn(JSON, 'parse')
      .mockImplementation((text, reviver) =>
        parse(text, reviver && ((key: string, value: unknown): unknown => reviver.call({}, key, value))),
      );
    try {
      expect(() => decodeJson('{"group":1700000000123456789}')).toThrow(/"group"/);
      expect(decodeJson('{"group":7}')).toEqual({ group: 7n });
    } finally {
      old.mockRestore();
    }
  });
});
