import { expect, it } from 'vitest';
import { rpcCodeName } from './index.ts';

it('names statuses as the original does, and knows those that have no name', () => {
  expect([0, 1, 5, 16, 17, -1].map(rpcCodeName)).toEqual([
    'OK',
    'Canceled',
    'NotFound',
    'Unauthenticated',
    'Code(17)',
    'Code(-1)',
  ]);
});
