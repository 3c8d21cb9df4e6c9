import { describe, expect, it } from 'vitest';
import { OutputWatchers } from './output-watchers.ts';
import type { OutputChunk } from './output-watchers.ts';

const chunk = (offset: number, text: string, attempt = 1): OutputChunk => ({
  id: '1-a',
  attempt,
  offset,
  bytes: new TextEncoder().encode(text),
  stderr: false,
});

function listen(watchers: OutputWatchers): { readonly heard: string[]; readonly stop: () => void } {
  const heard: string[] = [];
  const take = (piece: OutputChunk): void =>
    void heard.push(`${piece.offset}:${new TextDecoder().decode(piece.bytes)}`);
  return { heard, stop: watchers.add('1-a', { chunk: take, ended: () => void heard.push('end') }) };
}

describe('OutputWatchers', () => {
  it('a second watcher gets what is kept, the first hears nothing twice', () => {
    const told: boolean[] = [];
    const watchers = new OutputWatchers((_id, on) => void told.push(on));
    const first = listen(watchers);
    watchers.publish(chunk(0, 'abc'));
    const second = listen(watchers);
    expect(told).toEqual([true, true]);
    watchers.publish(chunk(0, 'abcd'));
    watchers.publish(chunk(4, 'e'));
    expect([first.heard, second.heard]).toEqual([
      ['0:abc', '3:d', '4:e'],
      ['0:abcd', '4:e'],
    ]);
    first.stop();
    expect(told).toEqual([true, true]);
    watchers.ended('1-a');
    second.stop();
    expect([first.heard.at(-1), second.heard.at(-1), told.length]).toEqual(['4:e', 'end', 2]);
  });

  it('tells the node to stop when nobody is left; another attempt starts at 0', () => {
    const told: boolean[] = [];
    const watchers = new OutputWatchers((_id, on) => void told.push(on));
    const only = listen(watchers);
    watchers.publish(chunk(0, 'abc'));
    watchers.publish(chunk(0, 'xyz', 2));
    only.stop();
    only.stop();
    expect([only.heard, told]).toEqual([
      ['0:abc', '0:xyz'],
      [true, false],
    ]);
  });
});
