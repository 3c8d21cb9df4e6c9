import { randomBytes, randomInt } from 'node:crypto';
import type { Random } from '../random.ts';

/** The operating system's generator; fit for secrets. */
export const systemRandom: Random = {
  nextInt: (boundExclusive) => randomInt(boundExclusive),
  bytes: (length) => new Uint8Array(randomBytes(length)),
  fork: () => systemRandom,
};
