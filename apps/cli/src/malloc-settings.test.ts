import { describe, expect, it } from 'vitest';
import { forgetMallocSettings, withMallocSettings } from './malloc-settings.ts';

describe('malloc settings', () => {
  it('are in the environment of the new start only', () => {
    const env = withMallocSettings({ PATH: '/bin' });
    expect(env).toMatchObject({ PATH: '/bin', MALLOC_ARENA_MAX: '2' });
    forgetMallocSettings(env);
    expect(env).toEqual({ PATH: '/bin' });
  });

  it('leave alone what is given, then and afterwards', () => {
    const given = { MALLOC_ARENA_MAX: '8', MALLOC_MMAP_THRESHOLD_: '1' };
    const env = withMallocSettings(given);
    expect(env).toMatchObject(given);
    forgetMallocSettings(env);
    expect(env).toEqual(given);
  });

  it('of an operator are not forgotten in a process that did not start itself anew', () => {
    const env = { MALLOC_ARENA_MAX: '1', PATH: '/bin' };
    forgetMallocSettings(env);
    expect(env).toEqual({ MALLOC_ARENA_MAX: '1', PATH: '/bin' });
    const forged = { _DKRON_MALLOC_SETTINGS: 'PATH', PATH: '/bin' };
    forgetMallocSettings(forged);
    expect(forged).toEqual({ PATH: '/bin' });
  });
});
