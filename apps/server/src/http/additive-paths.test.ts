import { expect, it } from 'vitest';
import { additiveMethods } from './additive-paths.ts';

it('knows which paths are ours and which are the original’s', () => {
  expect(additiveMethods('/v1/jobs/backup/ticks')).toBe('GET');
  expect(additiveMethods('/v1/executions/1-n/cancel')).toBe('POST');
  expect(additiveMethods('/v1/jobs/backup')).toBeUndefined();
  expect(additiveMethods('/v1/jobs/backup/executions')).toBeUndefined();
});
