/**
 * The helper process: starts children for the server, which is too large to fork itself. It lives exactly as long as
 * the socket to the server; when that closes, every group it started is killed.
 */
import { Socket } from 'node:net';
import { ChildRun } from './child-run.ts';
import { FifoPool } from './fifo-pool.ts';
import { bodyText, encodeFrame, FrameReader, Kind, type Frame } from './frames.ts';
import { decodeOrder, encodeEnd, encodeStarted, type SpawnOrder } from './messages.ts';

const SERVER_FD = 3;

const server = new Socket({ fd: SERVER_FD, readable: true, writable: true });
const runs = new Map<number, ChildRun>();
const fifos = usableFifos();
const baseEnv: Readonly<Record<string, string>> = { ...process.env } as Record<string, string>;
let corked = false;
/** An order whose input is the next frame. */
let waiting: SpawnOrder | undefined;

function usableFifos(): FifoPool | undefined {
  const pool = new FifoPool();
  try {
    pool.prepare();
    return pool;
  } catch (error) {
    process.stderr.write(`no mkfifo, children get sockets for pipes: ${String(error)}\n`);
    return undefined;
  }
}

/** Everything said in one turn leaves in one write. A server that does not listen stops all reading. */
function send(kind: number, run: number, body: Uint8Array | string): void {
  if (!corked) {
    corked = true;
    server.cork();
    setImmediate(() => {
      corked = false;
      server.uncork();
      if (server.writableNeedDrain) for (const child of runs.values()) child.pause();
    });
  }
  server.write(encodeFrame(kind, run, body));
}

function start(run: number, order: SpawnOrder, stdin?: Uint8Array): void {
  const child = new ChildRun(fifos, {
    started: (note) => send(Kind.Started, run, encodeStarted(note)),
    output: (chunk, stderr) => send(stderr ? Kind.Stderr : Kind.Stdout, run, chunk),
    ended: (note) => {
      runs.delete(run);
      send(Kind.End, run, encodeEnd(note));
    },
  });
  runs.set(run, child);
  child.start(order, { ...baseEnv, ...order.env }, stdin);
}

function receive(frame: Frame): void {
  if (frame.kind === Kind.Spawn) {
    const order = decodeOrder(frame.body);
    if (order.stdin) waiting = order;
    else start(frame.run, order);
  } else if (frame.kind === Kind.Stdin && waiting) {
    start(frame.run, waiting, frame.body);
    waiting = undefined;
  } else if (frame.kind === Kind.Kill) {
    runs.get(frame.run)?.signal(bodyText(frame) as NodeJS.Signals);
  }
}

function leave(): void {
  for (const child of runs.values()) child.signal('SIGKILL');
  fifos?.close();
  process.exit(0);
}

// A service manager that stops the server signals its whole cgroup; the server decides what becomes of the runs.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});

const reader = new FrameReader(receive);
server.on('data', (chunk: Uint8Array) => reader.push(chunk));
server.on('drain', () => {
  for (const child of runs.values()) child.resume();
});
server.on('end', leave);
server.on('error', leave);
server.on('close', leave);
send(Kind.Ready, 0, JSON.stringify({ folder: fifos?.folder }));
