import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@dkron/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ProcessorInput } from '../index.ts';
import { processorSuite } from '../suite/index.ts';
import { syslogProcessor } from './index.ts';

const INPUT: ProcessorInput = {
  executionId: '1-node',
  jobName: 'a "job" ]',
  nodeName: 'worker',
  reportingNode: 'leader',
  success: false,
  startedAt: '2026-01-01T00:00:00Z',
  finishedAt: '2026-01-01T00:00:01.123456789Z',
  output: Buffer.from('two\nlines\n'),
};
const HEAD = '1 2026-01-01T00:00:01.123456Z leader dkron';
const DATA = String.raw`output [dkron@32473 job="a \"job\" \]" execution="1-node" node="worker" success="false"]`;
const MESSAGE = `<78>${HEAD} ${process.pid} ${DATA} two\nlines\n`;

const context = { signal: new AbortController().signal, logger: silentLogger };
const send = async (config: Record<string, string>, input = INPUT) =>
  Buffer.from(await syslogProcessor().process(input, config, context)).toString();

/** Takes connections and keeps what each of them sent until its end. */
class Receiver {
  readonly received: string[] = [];
  readonly #sockets = new Set<Socket>();
  readonly server = createServer({ allowHalfOpen: true }, (socket) => {
    this.#sockets.add(socket);
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => (text += bytes.toString()));
    socket.on('end', () => {
      this.received.push(text);
      socket.end();
    });
  });

  async listen(path?: string): Promise<number> {
    if (path === undefined) this.server.listen(0, '127.0.0.1');
    else this.server.listen(path);
    await once(this.server, 'listening');
    return path === undefined ? (this.server.address() as AddressInfo).port : 0;
  }

  close(): void {
    this.server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

const tcp = new Receiver();
/** Takes connections and says nothing. */
const silent = createServer(() => {});
let port = 0;
let silentPort = 0;
beforeAll(async () => {
  port = await tcp.listen();
  silent.listen(0, '127.0.0.1');
  await once(silent, 'listening');
  silentPort = (silent.address() as AddressInfo).port;
});
afterAll(() => {
  tcp.close();
  silent.close();
});

describe('with a receiver', () => {
  processorSuite(
    { describe, it },
    {
      name: 'syslog',
      make: () => syslogProcessor(),
      get config() {
        return { address: `tcp://127.0.0.1:${port}` };
      },
      badConfigs: {
        address: { address: 'http://somewhere' },
        facility: { facility: 'nobody' },
        severity: { severity: 'ten' },
        tls_ca_file: { address: 'tls://127.0.0.1:1', tls_ca_file: '/nowhere/at/all' },
      },
      failing: { make: () => syslogProcessor(), config: { address: 'tcp://127.0.0.1:1' } },
      hanging: {
        make: () => syslogProcessor(),
        get config() {
          return { address: `tls://127.0.0.1:${silentPort}` };
        },
      },
    },
  );
});

it('counts octets over TCP', async () => {
  tcp.received.length = 0;
  expect(await send({ address: `tcp://127.0.0.1:${port}` })).toBe('Output in syslog');
  expect(tcp.received).toEqual([`${MESSAGE.length} ${MESSAGE}`]);
});

it('sends a datagram over UDP, cut to what one can carry', async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port: udpPort } = socket.address();
  const settings = { address: `udp://127.0.0.1:${udpPort}`, facility: 'local7', severity: 'err', app_name: 'my app' };
  const first = once(socket, 'message') as Promise<[Buffer]>;
  await send(settings);
  expect((await first)[0].toString()).toBe(MESSAGE.replace('<78>', '<187>').replace(' dkron ', ' my?app '));
  const second = once(socket, 'message') as Promise<[Buffer]>;
  await send(settings, { ...INPUT, output: Buffer.alloc(256_000, 'x') });
  expect((await second)[0]).toHaveLength(65_000);
  socket.close();
  await once(socket, 'close');
  await expect(send(settings)).rejects.toThrow(/^processor syslog: udp 127\.0\.0\.1:[0-9]+: .*ECONNREFUSED/);
});

it('writes into a local stream as the C library does', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'syslog-')), 'log');
  const local = new Receiver();
  await local.listen(path);
  const processor = syslogProcessor({ localSocket: path });
  await processor.process(INPUT, {}, context);
  expect(local.received).toEqual([
    expect.stringMatching(
      new RegExp(String.raw`^<78>\w{3} [ \d]\d \d\d:\d\d:01 \[dkron\]\[${process.pid}\]: two\nlines\n\0$`),
    ),
  ]);
  local.close();
});

const perl = spawnSync('perl', ['-e', '1']).status === 0;
it.skipIf(!perl)('sends datagrams to a local socket, the largest output as one', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'syslog-')), 'log');
  const program = String.raw`socket S, 1, 2, 0; bind S, pack 'S a108', 1, $ARGV[0] or die; $| = 1; print "up\n";
    for (1, 2) { recv S, my $m, 1048576, 0; print length $m, ' ', substr($m, 0, 300), "\0"; }`;
  const child = spawn('perl', ['-e', program, path], { stdio: ['ignore', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (bytes: Buffer) => (printed += bytes.toString()));
  await once(child.stdout, 'data');
  const exited = once(child, 'exit');
  const processor = syslogProcessor();
  await processor.process(INPUT, { address: `unix://${path}` }, context);
  await processor.process({ ...INPUT, output: Buffer.alloc(200_000, 'x') }, { address: `unix://${path}` }, context);
  await exited;
  const [one, two] = printed.replace('up\n', '').split('\0');
  expect(one).toBe(`${MESSAGE.length} ${MESSAGE}`);
  expect(Number.parseInt(two!)).toBeGreaterThan(200_000);
  await expect(processor.process(INPUT, { address: `unix://${path}` }, context)).rejects.toThrow(
    /^processor syslog: socket .*refused/i,
  );
  await processor.close?.();
});

it('names the socket that is not there', async () => {
  await expect(syslogProcessor({ localSocket: '/nowhere/log' }).process(INPUT, {}, context)).rejects.toThrow(
    'processor syslog: socket /nowhere/log: connect ENOENT /nowhere/log',
  );
});
