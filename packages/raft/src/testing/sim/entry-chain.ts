import type { Entry } from '../../core/index.ts';

/** Hash of an entry and, through `previous`, everything before it. */
export function chainOf(previous: number, entry: Entry): number {
  let hash = Math.imul(previous ^ entry.index, 0x9e3779b1);
  hash = Math.imul(hash ^ entry.term, 0x85ebca6b) ^ (hash >>> 13);
  hash = Math.imul(hash ^ entry.type, 0xc2b2ae35) ^ (hash >>> 15);
  hash = Math.imul(hash ^ entry.data.length, 0x27d4eb2f);
  for (let i = 0; i < entry.data.length && i < 16; i++) hash = Math.imul(hash ^ entry.data[i]!, 0x01000193);
  return hash ^ (hash >>> 16);
}
