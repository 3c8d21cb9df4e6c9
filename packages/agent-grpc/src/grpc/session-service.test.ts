import type { ClientDuplexStream, Server, StatusObject } from '@grpc/grpc-js';
import { ChannelCredentials, Client, Metadata } from '@grpc/grpc-js';
import { agentSession, toServerToWire, toWorkerFromWire } from '@dkron/contracts';
import { noMetrics, silentLogger } from '@dkron/runtime';
import { systemTimers } from '@dkron/runtime/system';
import { seededRandom } from '@dkron/runtime/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { serve } from '../../test/grpc-server.ts';
import { FakeEngine, hello } from '../../test/pairs.ts';
import { SessionRouter } from '../session/session-router.ts';
import { SessionService } from './session-service.ts';

const same = (bytes: Buffer): Buffer => bytes;

describe('a server against peers that are no workers', () => {
  let engine: FakeEngine;
  let server: Server;
  let client: Client;
  let router: SessionRouter;

  beforeEach(async () => {
    engine = new FakeEngine();
    router = new SessionRouter(
      { region: 'global', helloTimeoutMs: 100 },
      {
        leadership: () => ({ kind: 'self', accept: engine.accept }),
        transport: { open: () => ({ send: () => {}, close: () => {} }) },
        timers: systemTimers,
        logger: silentLogger,
        metrics: noMetrics,
        authorize: (_, { node }) => node !== 'mallory' || 'mallory may not',
      },
    );
    const service = new SessionService({ maxStreams: 3 }, { router, timers: systemTimers });
    const served = await serve([service.service, service.handlers]);
    server = served.server;
    client = new Client(served.address, ChannelCredentials.createInsecure());
  });

  afterEach(() => {
    client.close();
    server.forceShutdown();
  });

  const open = (): { call: ClientDuplexStream<Buffer, Buffer>; status: Promise<StatusObject>; answers: Buffer[] } => {
    const call = client.makeBidiStreamRequest(agentSession.session.path, same, same, new Metadata());
    const answers: Buffer[] = [];
    call.on('data', (bytes: Buffer) => answers.push(bytes));
    call.on('error', () => {});
    return { call, answers, status: new Promise((resolve) => call.on('status', resolve)) };
  };
  const bytesOf = (...messages: Parameters<typeof toServerToWire>[0]): Buffer => Buffer.from(toServerToWire(messages));

  it('a stream that says nothing is ended', async () => {
    const { status } = open();
    expect((await status).code).toBe(0);
    expect(engine.accepted).toBe(0);
  });

  it('a stream that does not begin with a hello is ended', async () => {
    const { call, status } = open();
    call.write(bytesOf({ type: 'ping', n: 1 }));
    await status;
    expect(engine.accepted).toBe(0);
  });

  it('bytes that are no message end the stream they came on, and nothing else', async () => {
    const good = open();
    good.call.write(bytesOf(hello()));
    await vi.waitUntil(() => engine.accepted === 1);
    const random = seededRandom(7);
    for (let n = 0; n < 200; n++) {
      const bad = open();
      bad.call.write(Buffer.from(random.bytes(1 + random.nextInt(64))));
      expect((await bad.status).code === 0 || (await bad.status).code === 3).toBe(true);
    }
    good.call.write(bytesOf({ type: 'ping', n: 5 }));
    await expect.poll(() => engine.received.at(-1)).toEqual({ type: 'ping', n: 5 });
    expect(engine.closedWith).toEqual([]);
    good.call.write(Buffer.from([255, 255, 255]));
    expect((await good.status).code).toBe(3);
    await expect.poll(() => engine.closedWith.length).toBe(1);
  });

  it('who is not authorized is told why', async () => {
    const { call, status, answers } = open();
    call.write(bytesOf(hello({ node: 'mallory' })));
    await status;
    expect(toWorkerFromWire(answers[0]!)).toEqual([{ type: 'refuse', code: 'unauthorized', text: 'mallory may not' }]);
    expect(engine.accepted).toBe(0);
  });

  it('takes so many streams and no more, and others again when some have ended', async () => {
    const streams = [open(), open(), open()];
    for (const { call } of streams) call.write(bytesOf(hello()));
    await vi.waitUntil(() => engine.accepted === 3);
    expect((await open().status).code).toBe(8);
    streams[0]!.call.cancel();
    await expect.poll(() => engine.closedWith.length).toBe(1);
    const later = open();
    later.call.write(bytesOf(hello()));
    await expect.poll(() => engine.accepted).toBe(4);
  });

  it('a worker that takes nothing is left: what waits for it is bounded', async () => {
    const { call } = open();
    call.write(bytesOf(hello()));
    await vi.waitUntil(() => engine.accepted === 1);
    call.pause();
    for (let n = 0; n < 200 && engine.closedWith.length === 0; n++) {
      engine.channel?.send(
        Array.from({ length: 100 }, () => ({ type: 'refuse', code: 'x', text: 'y'.repeat(10_000) })),
      );
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(engine.closedWith).toEqual(['the other side takes nothing']);
    call.cancel();
  });

  it('a server that stops ends its streams, and those that come later', async () => {
    const { call, status } = open();
    call.write(bytesOf(hello()));
    await vi.waitUntil(() => engine.accepted === 1);
    router.close();
    await status;
    expect(engine.closedWith).toEqual(['the server stops']);
    const late = open();
    expect((await late.status).code).toBe(0);
  });
});
