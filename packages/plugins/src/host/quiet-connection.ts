import { Buffer } from 'node:buffer';
import type { Socket } from 'node:net';
import type { Timers } from '@dkron/runtime';

const PREFACE_BYTES = 24;
const HEAD_BYTES = 9;
const SETTINGS = 4;
const GO_AWAY = 7;
const WINDOW_UPDATE = 8;
const ACK = 1;
/** Settings without any, as they stand on the wire. */
const NO_SETTINGS = Buffer.of(0, 0, 0, SETTINGS, 0, 0, 0, 0, 0);
/** More than a peer may send before it has heard of us: its greeting, and a window of data. */
const HELD_BYTES_MAX = 131_072;
/** By then a run that reports nothing has often hung up: it is spared the greeting, and this side the answer to that. */
const GREET_MS = 1;
/** Then it gets its session even if it says nothing, so that its settings are acknowledged. */
const WAKE_MS = 5_000;

/**
 * Greets who connects by HTTP/2, and calls `wake` once there is something to serve: then everything that was said can be
 * read from the socket again, but for the acknowledgement of the greeting. Until then the socket may be half open. Plugins connect at the start of every run and
 * most never report; a session for each of them would be the dearest part of a run.
 */
export function wakeWhenUsed(socket: Socket, timers: Timers, wake: () => void): void {
  let held: Buffer = Buffer.alloc(0);
  /** Of the next frame. */
  let at = PREFACE_BYTES;
  let isGreeted = false;
  let isUsed = false;
  const step = (): void => {
    while (held.length >= at + HEAD_BYTES) {
      const type = held[at + 3]!;
      const isAck = type === SETTINGS && (held[at + 4]! & ACK) !== 0;
      const end = at + HEAD_BYTES + held.readUIntBE(at, 3);
      if (isAck && !isGreeted) {
        isGreeted = true;
        held = Buffer.concat([held.subarray(0, at), held.subarray(end)]);
        continue;
      }
      isUsed ||= type !== SETTINGS && type !== WINDOW_UPDATE && type !== GO_AWAY;
      if (isUsed && isGreeted) break;
      at = end;
    }
    if (isUsed && isGreeted) handOver();
    else if (held.length > HELD_BYTES_MAX) socket.destroy();
  };
  const take = (bytes: Buffer): void => {
    held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
    step();
  };
  const handOver = (): void => {
    cancel();
    socket.off('data', take);
    socket.pause();
    socket.allowHalfOpen = false;
    socket.unshift(held);
    wake();
  };
  let cancel = timers.after(GREET_MS, () => {
    socket.write(NO_SETTINGS);
    cancel = timers.after(WAKE_MS, () => {
      isUsed = true;
      step();
    });
  });
  socket.on('data', take);
  socket.on('close', () => cancel());
}
