import fc from 'fast-check';

const WEEKDAYS = ['sun', 'MON', 'tue', 'Wed', 'thu', 'fri', 'SAT'];

function list(min: number, max: number, maxItems: number): fc.Arbitrary<string> {
  return fc
    .uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: maxItems })
    .map((values) => [...values].sort((a, b) => a - b).join(','));
}

function range(min: number, max: number): fc.Arbitrary<string> {
  return fc
    .tuple(fc.integer({ min, max }), fc.integer({ min, max }), fc.constantFrom('', '/2', '/5'))
    .map(([a, b, step]) => `${Math.min(a, b)}-${Math.max(a, b)}${step}`);
}

function field(min: number, max: number, step: number): fc.Arbitrary<string> {
  return fc.oneof(
    fc.constant('*'),
    fc.integer({ min: 2, max: step }).map((n) => `*/${n}`),
    list(min, max, 4),
    range(min, max),
  );
}

/**
 * Texts that the grammar of cron-parser reads the same way: no `/1`, no weekday `N/step`, no overlapping items, and days
 * that some month has.
 */
export const commonText: fc.Arbitrary<string> = fc
  .tuple(
    fc.oneof(fc.constant('0'), list(0, 59, 3)),
    field(0, 59, 30),
    field(0, 23, 12),
    fc.oneof(fc.constant('*'), fc.constant('*'), list(1, 28, 3), range(1, 28), fc.constantFrom('L', '31,L')),
    fc.oneof(fc.constant('*'), fc.constant('*'), list(1, 12, 4), fc.constantFrom('jan', 'JUN-dec')),
    fc.oneof(
      fc.constant('*'),
      fc.constant('?'),
      list(0, 6, 3),
      fc.constantFrom(...WEEKDAYS, 'mon-fri', '5L', '0L,3L', '1#2', '4#5'),
    ),
  )
  .map((fields) => fields.join(' '));

/** As above without the added day forms and with one second, for the walk through every second. */
export const plainText: fc.Arbitrary<string> = fc
  .tuple(
    fc.integer({ min: 0, max: 59 }).map(String),
    field(0, 59, 30),
    field(0, 23, 12),
    fc.oneof(fc.constant('*'), fc.constant('*'), range(1, 28)),
    fc.constant('*'),
    fc.oneof(fc.constant('*'), fc.constant('*'), list(0, 6, 3)),
  )
  .map((fields) => fields.join(' '));
