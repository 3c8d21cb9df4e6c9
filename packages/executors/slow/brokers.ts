/*
 * Attempts of `nats` and `kafka` beside their bare clients with the same acknowledgement, in turns; the middle of the ratios
 * counts. `node packages/executors/slow/brokers.ts [--rounds 5] [--seconds 1] [--json]`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { silentLogger } from '@dkron/runtime';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { Producer } from '@platformatic/kafka';
import { kafkaExecutor } from '../src/kafka/index.ts';
import { natsExecutor } from '../src/nats/index.ts';
import type { Executor } from '../src/types.ts';
import { KafkaBroker, kafkaLibraries } from './peers/kafka.ts';
import { accepts, freePort, PeerProcess } from '@dkron/harness';
import { debianProgram } from './peers/peer.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const IN_FLIGHT = [1, 32];
const WARM_UP_MS = 700;
const MESSAGE = 'x'.repeat(100);
const signal = new AbortController().signal;
const rounds = Number(values.rounds);
const measureMs = Number(values.seconds) * 1_000;

type Call = () => Promise<unknown>;

let attempts = 0;

function attemptsOf(executor: Executor, config: Readonly<Record<string, string>>): Call {
  const context = { signal, logger: silentLogger, output: () => {} };
  return async () => {
    const request = { jobName: 'bench', executionId: `${(attempts += 1)}-bench`, attempt: 1, config, killGraceMs: 0 };
    const { success, error } = await executor.execute(request, context);
    if (!success) throw new Error(error);
  };
}

async function rateOf(call: Call, inFlight: number, forMs: number): Promise<number> {
  const began = performance.now();
  let count = 0;
  const work = async (): Promise<void> => {
    while (performance.now() - began < forMs) {
      await call();
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
  return (count * 1000) / (performance.now() - began);
}

const middle = (all: readonly number[]): number => Float64Array.from(all).sort()[Math.floor(all.length / 2)]!;

async function compare(name: string, ours: Call, bare: Call): Promise<void> {
  for (const inFlight of IN_FLIGHT) {
    await rateOf(bare, inFlight, WARM_UP_MS);
    await rateOf(ours, inFlight, WARM_UP_MS);
    const floors: number[] = [];
    const rates: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      floors.push(await rateOf(bare, inFlight, measureMs));
      rates.push(await rateOf(ours, inFlight, measureMs));
    }
    const ratio = middle(rates.map((rate, i) => rate / floors[i]!));
    const figure = { name, inFlight, ours: middle(rates), floor: middle(floors), ratio };
    const line = `${name}, ${inFlight} at a time: ${Math.round(figure.ours)}/s of ${Math.round(figure.floor)}/s = ${ratio.toFixed(2)}`;
    process.stdout.write(`${values.json ? JSON.stringify(figure) : line}\n`);
  }
}

async function natsFigures(): Promise<void> {
  if (!debianProgram('nats-server', 'nats-server')) return notRun('nats', 'no nats-server');
  const folder = mkdtempSync(join(tmpdir(), 'dkron-bench-nats-'));
  const port = await freePort();
  const server = new PeerProcess('nats-server', ['-a', '127.0.0.1', '-p', `${port}`, '-js', '-sd', folder]);
  const executor = natsExecutor();
  try {
    await server.start(() => accepts(port));
    const url = `127.0.0.1:${port}`;
    const client = await connect({ servers: url });
    await (await jetstreamManager(client)).streams.add({ name: 'BENCH', subjects: ['stream'], max_msgs: 1_000 });
    const bare = async (): Promise<void> => {
      client.publish('plain', MESSAGE);
      await client.flush();
    };
    await compare('nats', attemptsOf(executor, { url, subject: 'plain', message: MESSAGE }), bare);
    const stream = jetstream(client);
    const stored = (): Promise<unknown> => stream.publish('stream', MESSAGE, { msgID: `b${(attempts += 1)}` });
    const config = { url, subject: 'stream', message: MESSAGE, jetstream: 'true' };
    await compare('nats with JetStream', attemptsOf(executor, config), stored);
    await client.close();
  } finally {
    await executor.close?.();
    await server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function kafkaFigures(): Promise<void> {
  const libs = kafkaLibraries();
  if (libs === undefined) return notRun('kafka', 'no Java, or no Maven');
  const broker = new KafkaBroker(libs);
  const executor = kafkaExecutor();
  try {
    await broker.prepare(['user', 'password']);
    await broker.start();
    const bootstrapBrokers = [broker.plain];
    const producer = new Producer({
      clientId: 'bench',
      bootstrapBrokers,
      idempotent: true,
      acks: -1,
      autocreateTopics: true,
    });
    const [topic, key, value] = ['bench', Buffer.alloc(0), Buffer.from(MESSAGE)];
    const bare = (): Promise<unknown> => producer.send({ messages: [{ topic, key, value }] });
    const config = { brokerAddress: broker.plain, topic, message: MESSAGE };
    await compare('kafka', attemptsOf(executor, config), bare);
    await producer.close(true);
  } finally {
    await executor.close?.();
    await broker.kill();
    broker.remove();
  }
}

function notRun(name: string, why: string): void {
  process.stderr.write(`NOT RUN: ${name}: ${why}\n`);
}

await natsFigures();
await kafkaFigures();
