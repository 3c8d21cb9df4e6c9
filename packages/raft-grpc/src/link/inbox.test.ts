import type { TransportHandler } from '@dkron/raft';
import { createMessage } from '@dkron/raft/core';
import type { Message } from '@dkron/raft/core';
import { describe, expect, it } from 'vitest';
import { FrameKind } from '../codec/frame.ts';
import { Inbox } from './inbox.ts';

function make(onMessages: (messages: readonly Message[]) => Promise<void> | undefined) {
  const delivered: number[][] = [];
  const processed: number[] = [];
  const message: TransportHandler['message'] = (_from, messages) => {
    delivered.push(messages.map(({ index }) => index));
    return onMessages(messages);
  };
  const handler = { message } as TransportHandler;
  const inbox = new Inbox('a', { handler, processed: (bytes) => processed.push(bytes) });
  const put = (kind: FrameKind, index: number): void => {
    const type = kind === FrameKind.bulk ? 'App' : 'Vote';
    inbox.put({ kind, messages: [createMessage({ type, index })] }, 100);
  };
  return { inbox, put, delivered, processed };
}

describe('Inbox', () => {
  it('delivers what came in one turn at once, control first', async () => {
    const { put, delivered, processed } = make(() => undefined);
    put(FrameKind.bulk, 1);
    put(FrameKind.control, 2);
    put(FrameKind.bulk, 3);
    expect(delivered).toEqual([]);
    await Promise.resolve();
    expect(delivered).toEqual([[2, 1, 3]]);
    expect(processed).toEqual([200]);
  });

  it('holds bulk back while the server is busy, and gives credit when it is done, however it ends', async () => {
    for (const end of ['resolve', 'reject'] as const) {
      const work = Promise.withResolvers<void>();
      const { put, delivered, processed } = make((messages) =>
        messages.some(({ index }) => index === 1) ? work.promise : undefined,
      );
      put(FrameKind.bulk, 1);
      await Promise.resolve();
      put(FrameKind.bulk, 2);
      put(FrameKind.control, 3);
      await Promise.resolve();
      expect(delivered).toEqual([[1], [3]]);
      expect(processed).toEqual([]);
      if (end === 'resolve') work.resolve();
      else work.reject(new Error('no'));
      await new Promise(setImmediate);
      await Promise.resolve();
      expect(delivered).toEqual([[1], [3], [2]]);
      expect(processed).toEqual([100, 100]);
    }
  });

  it('delivers nothing once closed', async () => {
    const { inbox, put, delivered } = make(() => undefined);
    put(FrameKind.bulk, 1);
    inbox.close();
    put(FrameKind.control, 2);
    await Promise.resolve();
    expect(delivered).toEqual([]);
  });
});
