import { describe, expect, it } from 'vitest';
import { parseJoinAddress } from './join-address.ts';

describe('parseJoinAddress', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1', 8946],
    ['10.0.0.1:7000', '10.0.0.1', 7000],
    ['db.example', 'db.example', 8946],
    ['db.example:7000', 'db.example', 7000],
    ['node-1/db.example:7000', 'db.example', 7000],
    ['::1', '::1', 8946],
    ['[::1]', '::1', 8946],
    ['[0:0::1]:7000', '::1', 7000],
    ['n/[::1]:7000', '::1', 7000],
    ['::ffff:10.0.0.1', '10.0.0.1', 8946],
  ])('reads %s', (text, host, port) => {
    expect(parseJoinAddress(text, 8946)).toEqual({ host, port });
  });

  it.each([
    '',
    ' ',
    '/10.0.0.1',
    '10.0.0.1:0',
    '10.0.0.1:70000',
    'a b',
    'a:b',
    'a:',
    '[::1',
    '[::1]:x',
    'a/b/c',
    'http://a',
  ])('refuses %j', (text) => {
    expect(() => parseJoinAddress(text, 8946)).toThrow(expect.objectContaining({ code: 'GOSSIP_ADDRESS' }) as Error);
  });
});
