import type { Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';

/** `silent`: connections stay, and carry nothing; `cut`: they end, and new ones are refused. */
export type Way = 'open' | 'silent' | 'cut';

/** A way to an address that can be cut. */
export class Proxy {
  readonly address: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #way: Way = 'open';
  connections = 0;

  private constructor(server: Server, target: string) {
    this.#server = server;
    this.address = `127.0.0.1:${(server.address() as { port: number }).port}`;
    const [host, port] = target.split(':');
    server.on('connection', (incoming) => {
      if (this.#way === 'cut') return incoming.resetAndDestroy();
      this.connections += 1;
      const outgoing = connect(Number(port), host);
      for (const [from, to] of [
        [incoming, outgoing],
        [outgoing, incoming],
      ] as const) {
        this.#sockets.add(from);
        from.on('data', (bytes) => to.write(bytes));
        from.on('error', () => {});
        from.on('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
        if (this.#way === 'silent') from.pause();
      }
    });
  }

  static async to(target: string): Promise<Proxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Proxy(server, target);
  }

  set(way: Way): void {
    this.#way = way;
    for (const socket of this.#sockets) {
      if (way === 'cut') socket.resetAndDestroy();
      else if (way === 'silent') socket.pause();
      else socket.resume();
    }
  }

  close(): void {
    this.set('cut');
    this.#server.close();
  }
}
