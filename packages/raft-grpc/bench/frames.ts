// What frames cost, and what the transport carries between two processes, beside a bare bidi stream of the same bytes.
// Figures are CPU time of both processes; wall time is printed for what it is worth on a shared machine.
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { Client, credentials, Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import type { ServerDuplexStream, ServiceDefinition } from '@grpc/grpc-js';
import { createMessage } from '@dkron/raft/core';
import type { Entry, Message } from '@dkron/raft/core';
import { decodeFrame, encodeFrame, GrpcRaftTransport } from '@dkron/raft-grpc';
import { TransportPeer } from '@dkron/raft/testing';
import { noMetrics, silentLogger } from '@dkron/runtime';
import { systemClock, systemRandom, systemTimers } from '@dkron/runtime/system';

const ENTRY_BYTES = 256;
const BATCH = 64;
const BATCHES = 6000;
const WINDOW = 64;
const ROUNDS = 3;
const modules = {
  clock: systemClock,
  timers: systemTimers,
  random: systemRandom,
  logger: silentLogger,
  metrics: noMetrics,
};
const echo = {
  echo: {
    path: '/bench/echo',
    requestStream: true,
    responseStream: true,
    requestSerialize: (bytes: Buffer) => bytes,
    requestDeserialize: (bytes: Buffer) => bytes,
    responseSerialize: (bytes: Buffer) => bytes,
    responseDeserialize: (bytes: Buffer) => bytes,
  },
} as const;

function appendOf(first: number): Message {
  const data = new Uint8Array(ENTRY_BYTES).fill(first);
  const entries: Entry[] = Array.from({ length: BATCH }, (_, i) => ({ term: 3, index: first + i, type: 0, data }));
  return createMessage({ type: 'App', from: 'a', to: 'b', term: 3, logTerm: 3, index: first - 1, commit: 1, entries });
}

function cpuMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

function benchCodec(): void {
  const ends = { from: 'a', to: 'b' };
  const message = appendOf(9);
  const bytes = encodeFrame([message], ends);
  for (let round = 0; round <= ROUNDS; round++) {
    const before = cpuMicros();
    for (let i = 0; i < BATCHES; i++) encodeFrame([message], ends);
    const between = cpuMicros();
    for (let i = 0; i < BATCHES; i++) decodeFrame(bytes, ends);
    const after = cpuMicros();
    if (round === 0) continue;
    const entries = BATCHES * BATCH;
    const [write, read] = [(between - before) / entries, (after - between) / entries];
    console.log(
      `codec, ${BATCH} × ${ENTRY_BYTES} B: encode ${write.toFixed(3)} µs, decode ${read.toFixed(3)} µs CPU per entry, ` +
        `${Math.round(1e6 / (write + read)).toLocaleString('en')} entries/s both`,
    );
  }
}

/** The answering process: acknowledges each append, or echoes eight bytes for each message. */
async function serve(): Promise<void> {
  const transport = new GrpcRaftTransport({ id: 'b' }, modules);
  const addr = await transport.listen({ host: '127.0.0.1', port: 0 });
  const peer = new TransportPeer('b', transport);
  peer.onMessages = (messages) => {
    peer.received.length = 0;
    const last = messages.at(-1);
    if (last?.type === 'App') {
      peer.send(
        { id: 'a', addr: clientAddr },
        createMessage({ type: 'AppResp', from: 'b', to: 'a', term: 3, index: last.entries.at(-1)!.index }),
      );
    }
    return undefined;
  };
  let clientAddr = '';
  const server = new Server();
  server.addService(echo as unknown as ServiceDefinition, {
    echo: (call: ServerDuplexStream<Buffer, Buffer>) => {
      const answer = Buffer.alloc(8);
      call.on('data', () => void call.write(answer));
      call.on('end', () => call.end());
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  process.on('message', (message: { addr?: string }) => {
    if (message.addr !== undefined) clientAddr = message.addr;
    process.send?.({ cpu: cpuMicros() });
  });
  process.send?.({ addr, port });
}

async function ask(child: ChildProcess, message: object): Promise<number> {
  const answer = new Promise<{ cpu: number }>((resolve) => child.once('message', resolve as (value: unknown) => void));
  child.send(message);
  return (await answer).cpu;
}

/** CPU of both processes and wall time for one run, in µs per entry. */
async function measure(child: ChildProcess, run: () => Promise<void>): Promise<{ cpu: number; wall: number }> {
  const before = cpuMicros() + (await ask(child, {}));
  const start = performance.now();
  await run();
  const wall = (performance.now() - start) * 1000;
  const cpu = cpuMicros() + (await ask(child, {})) - before;
  return { cpu: cpu / (BATCHES * BATCH), wall: wall / (BATCHES * BATCH) };
}

async function benchStream(): Promise<void> {
  const child = fork(new URL(import.meta.url), ['serve']);
  const { addr, port } = await new Promise<{ addr: string; port: number }>((resolve) =>
    child.once('message', resolve as (value: unknown) => void),
  );
  const transport = new GrpcRaftTransport({ id: 'a' }, modules);
  const own = await transport.listen({ host: '127.0.0.1', port: 0 });
  const peer = new TransportPeer('a', transport);
  await ask(child, { addr: own });
  const message = Buffer.from(encodeFrame([appendOf(9)], { from: 'a', to: 'b' }));

  let next = 1;
  const ours = async (): Promise<void> => {
    const end = next + BATCHES * BATCH;
    let acked = next - 1;
    const fill = (): void => {
      const appends: Message[] = [];
      for (; next < end && next - acked <= WINDOW * BATCH; next += BATCH) appends.push(appendOf(next));
      if (appends.length > 0) transport.send('b', addr, appends);
    };
    peer.onMessages = (messages) => {
      for (const { type, index } of messages) if (type === 'AppResp') acked = Math.max(acked, index);
      peer.received.length = 0;
      fill();
      return undefined;
    };
    fill();
    await peer.until(() => acked >= end - 1);
  };
  const bare = async (): Promise<void> => {
    const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    });
    const { path, requestSerialize, responseDeserialize } = echo.echo;
    const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, new Metadata());
    let [sent, acked] = [0, 0];
    const fill = (): void => {
      for (; sent < BATCHES && sent - acked < WINDOW; sent += 1) call.write(message);
    };
    await new Promise<void>((resolve) => {
      call.on('data', () => {
        acked += 1;
        fill();
        if (acked === BATCHES) resolve();
      });
      fill();
    });
    call.end();
    client.close();
  };

  for (let round = 0; round <= ROUNDS; round++) {
    const [b, o] = [await measure(child, bare), await measure(child, ours)];
    if (round === 0) continue;
    const rate = (micros: number): string => Math.round(1e6 / micros).toLocaleString('en');
    console.log(
      `stream, ${WINDOW} × ${BATCH} entries under way: bare bidi ${b.cpu.toFixed(2)} µs CPU per entry (${rate(b.wall)}/s), ` +
        `transport ${o.cpu.toFixed(2)} µs (${rate(o.wall)}/s), ratio ${(b.cpu / o.cpu).toFixed(2)} by CPU, ${(b.wall / o.wall).toFixed(2)} by time`,
    );
  }
  await transport.close();
  child.kill();
}

if (process.argv[2] === 'serve') await serve();
else {
  benchCodec();
  await benchStream();
}
