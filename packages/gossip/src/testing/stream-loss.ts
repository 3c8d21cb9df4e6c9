import type { Random } from '@dkron/runtime';

const PPM = 1_000_000;
/** What systems wait before they send the opening of a connection again, and data; each time twice as long. */
const OPEN_AGAIN_MS = 1000;
const DATA_AGAIN_MS = 200;
/** What of a table a segment holds: some 40 compressed bytes of each member. */
const MEMBERS_PER_SEGMENT = 35;

/** How much later the opening of a connection is done, under loss: both its packets must come through at once. */
export function openingLossMs(random: Random, lossPpm: number): number {
  let lateMs = 0;
  let againMs = OPEN_AGAIN_MS;
  while (random.nextInt(PPM) < lossPpm || random.nextInt(PPM) < lossPpm) {
    lateMs += againMs;
    againMs *= 2;
  }
  return lateMs;
}

/** How much later `segments` sent at once have all arrived, where the lost are sent again together. */
export function dataLossMs(random: Random, lossPpm: number, segments = 1): number {
  let lateMs = 0;
  let againMs = DATA_AGAIN_MS;
  for (let missing = segments; ; againMs *= 2) {
    let lost = 0;
    for (let i = 0; i < missing; i++) if (random.nextInt(PPM) < lossPpm) lost++;
    if (lost === 0) return lateMs;
    missing = lost;
    lateMs += againMs;
  }
}

export function segmentsOf(members: number): number {
  return Math.max(1, Math.ceil(members / MEMBERS_PER_SEGMENT));
}
