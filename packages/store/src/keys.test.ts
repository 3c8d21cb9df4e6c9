import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, orderedI64, toUtf8 } from './bytes.ts';
import { executionKey, outputKey } from './keys.ts';

const stamps = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc
    .integer({ min: 0, max: 18 })
    .chain((digits) => fc.bigInt({ min: 10n ** BigInt(digits), max: 10n ** BigInt(digits + 1) })),
);
const nodes = fc.oneof(fc.string({ maxLength: 12 }), fc.string({ unit: 'binary', maxLength: 6 }));

describe('the key of an execution', () => {
  it('is the 64 bits of its stamp, in order, and its node, whatever the id looks like', () => {
    fc.assert(
      fc.property(stamps, nodes, (stamp, node) => {
        fc.pre(stamp < 2n ** 63n);
        const rest = concat(orderedI64(stamp), toUtf8(node));
        expect([...executionKey(`${stamp}-${node}`)!]).toEqual([...toUtf8('e'), ...rest]);
        expect([...outputKey(`${stamp}-${node}`)!]).toEqual([...toUtf8('o'), ...rest]);
      }),
      { numRuns: 2000 },
    );
  });

  it.each(['', '12', '12345678901', '-1', 'a-b', '1234567890x-n', '12345678901234567890-n', '-', '1.5-n'])(
    'is none where "%s" is no id',
    (id) => expect(executionKey(id)).toBeUndefined(),
  );
});
