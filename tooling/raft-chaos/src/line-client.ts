import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { Reply, Request } from './protocol.ts';

/** `unsent`: the server certainly has not seen it. `lost`, `late`: it may have. */
export type LocalFailure = 'unsent' | 'lost' | 'late';

const CONNECT_TRIES = 1_200;
const CONNECT_PAUSE_MS = 25;

/** Requests to one server over its Unix socket; answers in any order. */
export class LineClient {
  readonly #waiting = new Map<number, (reply: Omit<Reply, 'n'>) => void>();
  #socket: Socket | undefined;
  #last = 0;

  /** Waits for the server to listen. @param alive - false ends the waiting */
  async connect(path: string, alive: () => boolean): Promise<void> {
    for (let i = 0; i < CONNECT_TRIES && alive(); i++) {
      const socket = await tryConnect(path);
      if (socket !== undefined) return this.#use(socket);
      await pause(CONNECT_PAUSE_MS);
    }
    throw new Error(`nobody listens at ${path}`);
  }

  /** Never rejects: failures on this side are {@link LocalFailure}s in `error`. */
  request(request: Request, timeoutMs: number): Promise<Omit<Reply, 'n'>> {
    const socket = this.#socket;
    if (socket === undefined) return Promise.resolve({ error: 'unsent' satisfies LocalFailure });
    const n = ++this.#last;
    return new Promise((resolve) => {
      const settle = (reply: Omit<Reply, 'n'>): void => {
        clearTimeout(timer);
        this.#waiting.delete(n);
        resolve(reply);
      };
      const timer = setTimeout(() => settle({ error: 'late' satisfies LocalFailure }), timeoutMs);
      this.#waiting.set(n, settle);
      socket.write(`${JSON.stringify({ n, ...request })}\n`);
    });
  }

  close(): void {
    this.#socket?.destroy();
  }

  #use(socket: Socket): void {
    this.#socket = socket;
    const lines = createInterface({ input: socket });
    lines.on('line', (line) => {
      const { n, ...reply } = JSON.parse(line) as Reply;
      this.#waiting.get(n)?.(reply);
    });
    // Both tell of a connection that breaks, and are followed by a close.
    for (const one of [socket, lines]) one.on('error', () => {});
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
      for (const settle of this.#waiting.values()) settle({ error: 'lost' satisfies LocalFailure });
    });
  }
}

function tryConnect(path: string): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(socket.removeAllListeners('error')));
    socket.once('error', () => resolve(undefined));
  });
}
