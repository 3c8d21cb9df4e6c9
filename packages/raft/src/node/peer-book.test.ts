import { describe, expect, it } from 'vitest';
import type { Handshake } from '../transport/handshake.ts';
import { PeerBook } from './peer-book.ts';

function from(id: string, boot: string, leaderWaitMs?: number): Handshake {
  const texts = { clusterId: 'c', region: 'global', to: 'x', birth: '', toBirth: '', software: '' };
  const numbers = { wireMin: 1, wireMax: 1, featureMax: 0, lastTerm: 0, lastIndex: 0 };
  return { ...texts, ...numbers, from: id, boot, ...(leaderWaitMs === undefined ? {} : { leaderWaitMs }) };
}

describe('what peers say of their timing', () => {
  it('the least of all counts; who says nothing does not, nor who is no member any more', () => {
    const book = new PeerBook();
    expect(book.leastWaitMs).toBe(Infinity);
    book.connected(from('a', '1', 550));
    book.connected(from('b', '1', 200));
    book.connected(from('c', '1'));
    expect(book.leastWaitMs).toBe(200);
    book.connected(from('b', '2', 900));
    expect(book.leastWaitMs).toBe(550);
    book.forget('a');
    expect(book.leastWaitMs).toBe(900);
  });
});
