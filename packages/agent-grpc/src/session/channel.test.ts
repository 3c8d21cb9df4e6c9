import { isDeepStrictEqual } from 'node:util';
import type { SessionChannel, ToServer, ToWorker } from '@dkron/jobs';
import { ZERO_TIME } from '@dkron/runtime';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { End, FakeEngine, hello, PLACES, routerOf } from '../../test/pairs.ts';
import type { Place } from '../../test/pairs.ts';

const settled = async (): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, 20));
};

for (const [name, makePlace] of Object.entries(PLACES)) {
  describe(`a session channel over ${name}`, () => {
    let place: Place;
    let engine: FakeEngine;
    let worker: End<ToWorker>;
    let channel: SessionChannel<ToServer>;
    let opened: number;

    beforeEach(async () => {
      place = await makePlace();
      const theEngine = (engine = new FakeEngine());
      const theWorker = (worker = new End<ToWorker>());
      opened = 0;
      const address = await place.serve(() =>
        routerOf(() => ({ kind: 'self', accept: theEngine.accept }), place.transport()),
      );
      channel = place.transport().open(address, {
        opened: () => (opened += 1),
        receive: (messages) => theWorker.receive(messages),
        closed: (reason) => theWorker.closed(reason),
      });
      await vi.waitUntil(() => opened === 1);
      channel.send([hello()]);
      await vi.waitUntil(() => engine.accepted === 1);
    });

    afterEach(() => place.dispose());

    it('delivers in order, both ways, nothing twice', async () => {
      for (let n = 1; n <= 1000; n++) {
        channel.send([{ type: 'ping', n }]);
        engine.channel?.send([{ type: 'pong', n }]);
        if (n % 100 === 0) await settled();
      }
      const numbers = Array.from({ length: 1000 }, (_, i) => i + 1);
      await expect.poll(() => engine.received.length).toBe(1001);
      await expect.poll(() => worker.received.length).toBe(1000);
      expect(engine.received.slice(1).map((message) => message.type === 'ping' && message.n)).toEqual(numbers);
      expect(worker.received.map((message) => message.type === 'pong' && message.n)).toEqual(numbers);
    });

    it('carries results with all their output, more at once than one message of gRPC may have', async () => {
      const tail = new Uint8Array(256_000).fill(7);
      const output = { head: tail.subarray(0, 16_384), tail, totalBytes: 256_000 };
      const times = { startedAt: ZERO_TIME, finishedAt: 1n };
      const report = { success: true, cancelled: false, reason: null, exitCode: 0, ...times, output };
      const results = Array.from({ length: 70 }, (_, i) => ({
        type: 'finished' as const,
        seq: i + 1,
        id: `${i}-a1`,
        attempt: 1,
        jobName: 'big',
        report,
      }));
      channel.send(results);
      await expect.poll(() => engine.received.length, { timeout: 10_000 }).toBe(71);
      expect(isDeepStrictEqual(engine.received.slice(1), results)).toBe(true);
    });

    it('closed by the server: what was sent before arrives, each side hears once, later messages vanish', async () => {
      engine.channel?.send([{ type: 'credit', bytes: 5 }]);
      engine.channel?.close('enough');
      engine.channel?.close('again');
      engine.channel?.send([{ type: 'credit', bytes: 6 }]);
      expect(engine.closedWith).toEqual(['enough']);
      await expect.poll(() => worker.closedWith.length).toBe(1);
      expect(worker.received).toEqual([{ type: 'credit', bytes: 5 }]);
      channel.send([{ type: 'ping', n: 1 }]);
      channel.close('late');
      await settled();
      expect([engine.received.length, engine.closedWith.length, worker.closedWith.length]).toEqual([1, 1, 1]);
    });

    it('closed by the worker: what was sent before arrives, each side hears once', async () => {
      channel.send([{ type: 'ping', n: 1 }]);
      channel.close('enough');
      expect(worker.closedWith).toEqual(['enough']);
      await expect.poll(() => engine.closedWith.length).toBe(1);
      expect(engine.received.at(-1)).toEqual({ type: 'ping', n: 1 });
      engine.channel?.send([{ type: 'pong', n: 1 }]);
      await settled();
      expect([worker.received.length, worker.closedWith.length, engine.closedWith.length]).toEqual([0, 1, 1]);
    });

    it('an address where nobody listens is told as closed, never as opened', async () => {
      const nobody = new End<ToWorker>();
      const dead = await place.serve(() => routerOf(() => ({ kind: 'none' }), place.transport()));
      await place.dispose();
      let taken = 0;
      place.transport().open(name === 'memory' ? 'nowhere:1' : dead, {
        opened: () => (taken += 1),
        receive: (messages) => nobody.receive(messages),
        closed: (reason) => nobody.closed(reason),
      });
      await expect.poll(() => nobody.closedWith.length, { timeout: 5000 }).toBe(1);
      expect([taken, nobody.received.length]).toEqual([0, 0]);
    });
  });
}
