import { expect, it } from 'vitest';
import { createMessage, type MessageType } from '../core/message.ts';
import { groupByPeer } from './outgoing.ts';

it('groups by peer in order; of several heartbeats to a peer the last stays', () => {
  const message = (type: MessageType, to: string, index: number): ReturnType<typeof createMessage> =>
    createMessage({ type, to, index });
  const groups = groupByPeer([
    message('Heartbeat', 'b', 1),
    message('App', 'b', 2),
    message('Heartbeat', 'c', 3),
    message('Heartbeat', 'b', 4),
    message('App', 'b', 5),
  ]);
  expect([...groups].map(([to, group]) => [to, group.map(({ index }) => index)])).toEqual([
    ['b', [4, 2, 5]],
    ['c', [3]],
  ]);
});
