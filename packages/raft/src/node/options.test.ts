import { describe, expect, it } from 'vitest';
import { reloadNodeOptions, resolveNodeOptions } from './options.ts';

describe('options of a node', () => {
  it('defaults: 100 ms ticks, elections after 1 s, leases of half of that', () => {
    expect(resolveNodeOptions({ id: 'a' })).toMatchObject({ tickMs: 100, electionTick: 10, leaseTimeoutMs: 500 });
  });

  it.each([
    [{ id: '' }, 'id'],
    [{ id: 5 as never }, 'id is 5'],
    [{ id: '\u0000apply' }, 'reserved'],
    [{ tickMs: 4 }, 'tickMs'],
    [{ tickMs: '100' as never }, 'tickMs'],
    [{ tickMs: Number.POSITIVE_INFINITY }, 'tickMs'],
    [{ tickMs: 2 ** 31 }, 'at most 2147483647'],
    [{ stopTimeoutMs: 2 ** 31 }, 'stopTimeoutMs'],
    [{ applySliceMs: Number.NaN }, 'applySliceMs'],
    [{ tickMs: 5, electionTick: 9 }, 'at least 50 ms'],
    [{ electionTick: 2 }, 'electionTick'],
    [{ leaseTimeoutMs: 811 }, 'leaseTimeoutMs'],
    [{ snapshotsRetained: 0 }, 'snapshotsRetained'],
    [{ trailingLogs: -1 }, 'trailingLogs'],
    [{ maxEntryBytes: 1.5 }, 'maxEntryBytes'],
    [{ wireMin: 2, wireMax: 1 }, 'wireMax'],
  ])('refuses %o', (options, says) => {
    expect(() => resolveNodeOptions({ id: 'a', ...options })).toThrow(TypeError);
    expect(() => resolveNodeOptions({ id: 'a', ...options })).toThrow(says);
  });

  it('a reload keeps the lease in proportion, and refuses the rest', () => {
    const old = resolveNodeOptions({ id: 'a' });
    expect(reloadNodeOptions(old, { tickMs: 200 })).toMatchObject({ tickMs: 200, leaseTimeoutMs: 1000 });
    expect(() => reloadNodeOptions(old, { tickMs: 50 })).toThrow('at least 100');
    expect(() => reloadNodeOptions(old, { id: 'b' } as object)).toThrow('cannot be changed');
  });
});
