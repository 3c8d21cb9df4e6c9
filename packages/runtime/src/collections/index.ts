/**
 * Collections for hundreds of thousands of entries: outside the heap where possible, no object per entry, and no copy
 * of everything when they grow.
 */
export { NameSlots } from './name-slots.ts';
export { Paged } from './paged.ts';
export type { Cells } from './paged.ts';
