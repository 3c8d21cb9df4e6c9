import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { duplexPair } from 'node:stream';
import { ManualTime } from '@dkron/runtime/testing';
import { describe, expect, it } from 'vitest';
import { wakeWhenUsed } from './quiet-connection.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

function frame(type: number, flags = 0, payload = Buffer.alloc(0), stream = 0): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const SETTINGS = frame(4, 0, Buffer.of(0, 4, 0, 1, 0, 0));
const ACK = frame(4, 1);
const WINDOW = frame(8, 0, Buffer.of(0, 0, 0, 5));
const GO_AWAY = frame(7, 0, Buffer.alloc(8));
const CALL = Buffer.concat([frame(1, 4, Buffer.from('headers'), 1), frame(0, 1, Buffer.from('data'), 1)]);

/** Either end, what the quiet one has said, and what it can read once it was woken. */
async function connection(): Promise<{
  peer: Duplex;
  said: () => string;
  read: () => Buffer | undefined;
  time: ManualTime;
}> {
  const [peer, own] = duplexPair();
  const time = new ManualTime();
  const heard: Buffer[] = [];
  peer.on('data', (bytes: Buffer) => heard.push(bytes));
  let parts: Buffer[] | undefined;
  wakeWhenUsed(own as Socket, time, () => {
    parts = [];
    own.on('data', (bytes: Buffer) => parts!.push(bytes));
    own.resume();
  });
  const read = (): Buffer | undefined => parts && Buffer.concat(parts);
  await time.advance(1);
  return { peer, said: () => Buffer.concat(heard).toString('hex'), read, time };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function say(peer: Duplex, ...pieces: readonly Buffer[]): Promise<void> {
  for (const piece of pieces) {
    peer.write(piece);
    await settled();
  }
}

describe('wakeWhenUsed', () => {
  it('greets, and sleeps while there is nothing but greetings and farewells', async () => {
    const { peer, said, read } = await connection();
    await say(peer, PREFACE, SETTINGS, ACK, WINDOW, GO_AWAY);
    expect(said()).toBe('000000040000000000');
    expect(read()).toBeUndefined();
  });

  it('greets nobody who has hung up before', async () => {
    const [peer, own] = duplexPair();
    const time = new ManualTime();
    const heard: Buffer[] = [];
    peer.on('data', (bytes: Buffer) => heard.push(bytes));
    wakeWhenUsed(own as Socket, time, () => {});
    await say(peer, PREFACE);
    own.destroy();
    await settled();
    await time.advance(10_000);
    expect(heard).toEqual([]);
  });

  it.each([
    ['in order', [PREFACE, SETTINGS, ACK, CALL]],
    ['called before it was greeted', [PREFACE, SETTINGS, WINDOW, CALL, ACK]],
    ['at once', [Buffer.concat([PREFACE, SETTINGS, ACK, CALL])]],
  ] as const)('wakes for a call that comes %s, with all but the acknowledgement', async (_how, pieces) => {
    const { peer, read } = await connection();
    await say(peer, ...pieces, WINDOW);
    const expected = [...pieces, WINDOW].filter((piece) => piece !== ACK);
    const whole = Buffer.concat(expected).toString('hex');
    const acknowledged = Buffer.concat([SETTINGS, ACK]).toString('hex');
    expect(read()?.toString('hex')).toBe(whole.replace(acknowledged, SETTINGS.toString('hex')));
  });

  it('wakes the same for every cut, and keeps further acknowledgements', async () => {
    const bytes = Buffer.concat([PREFACE, SETTINGS, ACK, CALL, ACK]);
    const expected = Buffer.concat([PREFACE, SETTINGS, CALL, ACK]);
    for (let cut = 1; cut < bytes.length; cut++) {
      const { peer, read } = await connection();
      await say(peer, bytes.subarray(0, cut), bytes.subarray(cut));
      expect([cut, read()?.equals(expected)]).toEqual([cut, true]);
    }
    const { peer, read } = await connection();
    await say(peer, ...Array.from(bytes, (byte) => Buffer.of(byte)));
    expect(read()?.equals(expected)).toBe(true);
  });

  it('wakes by itself after a while, so that settings are acknowledged', async () => {
    const { peer, read, time } = await connection();
    await say(peer, PREFACE, SETTINGS, ACK);
    await time.advance(4_999);
    expect(read()).toBeUndefined();
    await time.advance(1);
    await settled();
    expect(read()?.equals(Buffer.concat([PREFACE, SETTINGS]))).toBe(true);
  });

  it('hangs up on who says much and never greets', async () => {
    const { peer, read } = await connection();
    let isClosed = false;
    peer.on('end', () => (isClosed = true));
    const data = frame(0, 0, Buffer.alloc(16_000), 1);
    await say(peer, PREFACE, ...Array.from({ length: 9 }, () => data));
    expect([read(), isClosed]).toEqual([undefined, true]);
  });
});
