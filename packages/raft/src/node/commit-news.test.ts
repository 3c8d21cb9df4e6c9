import { describe, expect, it } from 'vitest';
import { createMessage, type Message } from '../core/message.ts';
import { CommitNews } from './commit-news.ts';

const news = (to: string, commit: number): Message => createMessage({ type: 'App', from: 'a', to, term: 1, commit });
const entries = (to: string, commit: number): Message =>
  createMessage({
    type: 'App',
    from: 'a',
    to,
    term: 1,
    commit,
    entries: [{ term: 1, index: 9, type: 0, data: new Uint8Array() }],
  });
const told = (messages: readonly Message[]): string[] => messages.map(({ to, commit }) => `${to}${commit}`);

describe('CommitNews', () => {
  it('holds an empty append for one turn, then lets it go', () => {
    const held = new CommitNews();
    expect(told(held.pass([news('b', 1), entries('c', 1)]))).toEqual(['c1']);
    expect(held.waits).toBe(true);
    expect(told(held.pass([]))).toEqual(['b1']);
    expect(held.waits).toBe(false);
    expect(told(held.pass([]))).toEqual([]);
  });

  it('lets an append with entries stand for the one before it to the same peer', () => {
    const held = new CommitNews();
    held.pass([news('b', 1), news('c', 1)]);
    expect(told(held.pass([entries('b', 2)]))).toEqual(['b2', 'c1']);
    expect(held.waits).toBe(false);
  });

  it('holds news back for one turn only, however fast the next come', () => {
    const held = new CommitNews();
    expect(told(held.pass([news('b', 1)]))).toEqual([]);
    expect(told(held.pass([news('b', 2)]))).toEqual(['b2']);
    expect(told(held.pass([news('b', 3)]))).toEqual([]);
    expect(told(held.pass([news('b', 4)]))).toEqual(['b4']);
  });

  it('lets only the newest of several in one turn wait, in front of no entries', () => {
    const held = new CommitNews();
    expect(told(held.pass([news('b', 1), news('b', 2)]))).toEqual([]);
    expect(told(held.pass([]))).toEqual(['b2']);
    expect(told(held.pass([news('b', 3), entries('b', 4)]))).toEqual(['b4']);
    expect(told(held.pass([]))).toEqual([]);
  });

  it('keeps the order of everything else', () => {
    const beat = createMessage({ type: 'Heartbeat', from: 'a', to: 'b', term: 1 });
    const held = new CommitNews();
    expect(held.pass([beat, entries('b', 1)])).toEqual([beat, entries('b', 1)]);
  });
});
