import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Takes connections and never says a word. */
export class SilentServer {
  readonly #sockets = new Set<Socket>();
  readonly #server: Server = createServer((socket) => void this.#sockets.add(socket.on('error', () => {})));

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Resolves with the next connection. */
  reached(): Promise<Socket> {
    return new Promise((resolve) => this.#server.once('connection', resolve));
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
