import { createServer as createHttp2Server } from 'node:http2';
import type { ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { status } from '@grpc/grpc-js';
import { systemTimers } from '@dkron/runtime/system';
import { afterEach, describe, expect, it } from 'vitest';
import { DialedStream } from './dialed-stream.ts';
import { framed } from './message-cutter.ts';

const bytes = (message: Buffer): Buffer => message;
const method = { path: '/test/duplex', requestSerialize: bytes, responseDeserialize: bytes };
const HEADERS = { ':status': 200, 'content-type': 'application/grpc' };
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that treats each stream in this way; the other end of one that was dialed to it. */
async function dialTo(treat: (stream: ServerHttp2Stream) => void, keepaliveMs = 2000) {
  const server = createHttp2Server();
  server.on('stream', (stream) => {
    stream.on('error', () => {});
    treat(stream);
  });
  return dial(await listen(server), keepaliveMs);
}

function dial(addr: string, keepaliveMs = 2000): DialedStream<Buffer, Buffer> {
  const stream = new DialedStream(addr, method, { keepaliveMs }, { timers: systemTimers });
  closers.push(() => stream.close());
  return stream;
}

async function failureOf(stream: DialedStream<Buffer, Buffer>): Promise<unknown> {
  await stream.ended;
  return stream.reader.failure;
}

describe('DialedStream', () => {
  it('carries messages both ways, and is over without a failure when the peer ends it with OK', async () => {
    const stream = await dialTo((other) => {
      other.respond(HEADERS, { waitForTrailers: true });
      other.on('wantTrailers', () => other.sendTrailers({ 'grpc-status': '0' }));
      other.once('data', (data: Buffer) => other.end(Buffer.concat([data, framed(Buffer.from('bye'))])));
    });
    const written = new Promise<void>((resolve) => stream.write(Buffer.from('hello'), resolve));
    expect(await stream.reader.next()).toEqual(Buffer.from('hello'));
    expect(await stream.reader.next()).toEqual(Buffer.from('bye'));
    expect(await stream.reader.next()).toBeUndefined();
    await written;
    expect(await failureOf(stream)).toBeUndefined();
    expect(stream.refused).toBe(false);
    stream.write(Buffer.from('nobody reads this'), () => expect.unreachable());
  });

  it('has the status and the text of a peer that ends it otherwise, with and without a message before', async () => {
    const ended = { 'grpc-status': '9', 'grpc-message': 'not%20you: 100%25' };
    const expected = { code: status.FAILED_PRECONDITION, details: 'not you: 100%' };
    const early = await dialTo((other) => other.respond({ ...HEADERS, ...ended }, { endStream: true }));
    expect(await failureOf(early)).toMatchObject(expected);
    const late = await dialTo((other) => {
      other.respond(HEADERS, { waitForTrailers: true });
      other.on('wantTrailers', () => other.sendTrailers(ended));
      other.end(framed(Buffer.from('first')));
    });
    expect(await late.reader.next()).toEqual(Buffer.from('first'));
    expect(await failureOf(late)).toMatchObject(expected);
  });

  it('is broken by a server that is none of gRPC, breaks off, or says too much', async () => {
    const cases: [(other: ServerHttp2Stream) => void, object][] = [
      [(other) => other.respond({ ':status': 404 }, { endStream: true }), { code: status.UNAVAILABLE }],
      [(other) => other.respond({ ...HEADERS, 'grpc-status': '99' }, { endStream: true }), { code: status.UNKNOWN }],
      [(other) => other.session?.destroy(), { code: status.UNAVAILABLE }],
      [(other) => other.close(2), { code: status.UNAVAILABLE }],
      [
        (other) => {
          other.respond(HEADERS);
          other.write(Buffer.of(0, 127, 0, 0, 0));
        },
        { code: status.RESOURCE_EXHAUSTED },
      ],
    ];
    for (const [treat, expected] of cases) {
      const stream = await dialTo(treat);
      expect(await stream.reader.next()).toBeUndefined();
      expect(await failureOf(stream)).toMatchObject(expected);
      expect(stream.refused).toBe(false);
    }
  });

  it('knows who refused to be connected to', async () => {
    const server = createServer();
    const addr = await listen(server);
    await new Promise((resolve) => server.close(resolve));
    const stream = dial(addr);
    expect(await failureOf(stream)).toMatchObject({ code: status.UNAVAILABLE });
    expect(stream.refused).toBe(true);
  });

  it('gives up a connection on which nobody answers, and lives as long as pings are answered', async () => {
    const silent = createServer((socket) => void socket.on('error', () => {}).resume());
    const dead = dial(await listen(silent), 20);
    expect(await failureOf(dead)).toMatchObject({ code: status.UNAVAILABLE, details: expect.stringContaining('ping') });
    const pinged = Promise.withResolvers<void>();
    let pings = 0;
    const alive = await dialTo((other) => {
      other.respond(HEADERS);
      other.session?.on('ping', () => ++pings === 5 && pinged.resolve());
    }, 50);
    await Promise.race([pinged.promise, alive.ended.then(() => expect.unreachable())]);
  });

  it('closes its connection with itself, and tells nothing more', async () => {
    const gone = Promise.withResolvers<void>();
    const stream = await dialTo((other) => {
      other.respond(HEADERS);
      other.write(framed(Buffer.from('open')));
      other.on('close', gone.resolve);
    });
    expect(await stream.reader.next()).toEqual(Buffer.from('open'));
    stream.close();
    expect(await failureOf(stream)).toMatchObject({ code: status.CANCELLED });
    await gone.promise;
  });
});
