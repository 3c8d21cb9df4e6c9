import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodePrelude, readPrelude } from './prelude.ts';

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

describe('snapshot prelude', () => {
  const prelude = { confIndex: 7, infos: { a: { address: 'x:1', birth: '01' } } };
  const head = encodePrelude(prelude);

  it('comes off the stream however it is cut, and the rest is whole', async () => {
    const property = fc.asyncProperty(
      fc.uint8Array({ maxLength: 100 }),
      fc.integer({ min: 1, max: 200 }),
      async (state, size) => {
        const whole = new Uint8Array([...head, ...state]);
        const { prelude: read, rest } = await readPrelude(cut(whole, size));
        const bytes: number[] = [];
        for await (const chunk of rest) bytes.push(...chunk);
        expect(read).toMatchObject(prelude);
        expect(bytes).toEqual([...state]);
      },
    );
    await fc.assert(property, { numRuns: 100 });
  });

  it('refuses what is cut short or begins otherwise', async () => {
    for (const bytes of [head.slice(0, 5), head.slice(0, -1), new Uint8Array(20)]) {
      await expect(readPrelude(cut(bytes, 4))).rejects.toMatchObject({ code: 'snapshot_failed' });
    }
  });
});
