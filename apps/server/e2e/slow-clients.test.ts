import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { afterAll, describe, expect, it } from 'vitest';
import { until } from './support/api.ts';
import { cleanUp, TestNode } from './support/test-node.ts';

/** `DKRON_IDLE_CONNECTIONS=10000 pnpm exec vitest run --project server slow-clients` tries the whole. */
const IDLE = Number(process.env['DKRON_IDLE_CONNECTIONS'] ?? 500);
const SLOW = Math.max(20, IDLE / 20);
const TICKS = 4;

const sockets: Socket[] = [];
afterAll(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await cleanUp();
});

interface Client {
  readonly socket: Socket;
  readonly closed: Promise<string>;
}

/** A connection that sends this and then nothing; `closed` gives what it was answered, once the server closes it. */
function dial(node: TestNode, bytes: string): Promise<Client> {
  const { hostname, port } = new URL(node.url);
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(Number(port), hostname);
    const closed = new Promise<string>((done) => socket.on('close', () => done(answer)));
    socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
    socket.on('connect', () => {
      if (bytes !== '') socket.write(bytes);
      resolve({ socket, closed });
    });
    socket.on('error', reject);
    sockets.push(socket);
  });
}

async function dialMany(node: TestNode, count: number, bytes: string): Promise<Client[]> {
  const clients: Client[] = [];
  while (clients.length < count) {
    const some = Math.min(200, count - clients.length);
    clients.push(...(await Promise.all(Array.from({ length: some }, () => dial(node, bytes)))));
  }
  return clients;
}

/** One byte every 100 ms for as long as the server takes them. */
function drip(clients: readonly Client[]): () => void {
  const timer = setInterval(() => {
    for (const { socket } of clients) if (socket.writable) socket.write('x');
  }, 100);
  return () => clearInterval(timer);
}

const HALF_HEADERS = 'GET /v1/jobs HTTP/1.1\r\nHost: x\r\nX-Slow: ';
const HALF_BODY = 'POST /v1/jobs HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{';

describe('slow and silent clients', () => {
  it(`${IDLE} idle connections and ${2 * SLOW} slow ones do not delay ticks, and are closed in time`, async () => {
    const node = await TestNode.start({ httpHeaderTimeout: 2_000, httpRequestTimeout: 3_000 });
    const idle = await dialMany(node, IDLE, '');
    const slow = [...(await dialMany(node, SLOW, HALF_HEADERS)), ...(await dialMany(node, SLOW, HALF_BODY))];
    const stop = drip(slow);
    await node.put('beat', { schedule: '@every 1s' });
    const ticks = await until(
      'the ticks',
      async () => {
        const found = (await node.ticks('beat')).filter((tick) => tick.trigger === 'schedule');
        return found.length >= TICKS ? found : undefined;
      },
      60_000,
    );
    for (const tick of ticks.slice(0, TICKS)) {
      expect(tick).toMatchObject({ decision: 'run', count: 1 });
      expect(Date.parse(tick.decided_at) - Date.parse(tick.tick)).toBeLessThan(1_000);
    }
    const answers = await Promise.all(slow.map(({ closed }) => closed));
    stop();
    for (const answer of answers) expect(answer).toMatch(/^(HTTP\/1\.1 408 |$)/);
    await Promise.all(idle.map(({ closed }) => closed));
    expect((await node.get('/health')).status).toBe(200);
    await node.stop();
  }, 90_000);

  it('connections above the limit are closed, and take nothing from those below', async () => {
    const node = await TestNode.start({ httpMaxConnections: 5 });
    const first = await Promise.all(Array.from({ length: 5 }, () => dial(node, '')));
    const further = await dial(node, 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await further.closed).toBe('');
    first[0]!.socket.write('GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(await first[0]!.closed).toMatch(/^HTTP\/1\.1 200 /);
    await node.stop();
  });

  it('headers above the limit are 431, and a connection that waits too long is closed', async () => {
    const node = await TestNode.start({ httpMaxHeaderSize: 2_048, httpIdleTimeout: 200 });
    const large = await dial(node, `GET /health HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(3_000)}\r\n\r\n`);
    expect(await large.closed).toMatch(/^HTTP\/1\.1 431 /);
    const kept = await dial(node, 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n');
    expect(await kept.closed).toMatch(/^HTTP\/1\.1 200 /);
    await node.stop();
  });
});
