import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

const scopes = new AsyncLocalStorage<SocketScope>();
let isWatching = false;

/**
 * Sockets that the clients of others make, so that they end with the connection: a client that is given up while a peer says
 * nothing may leave its socket open for ever.
 */
export class SocketScope {
  readonly #sockets = new Set<Socket>();
  #destroyed = false;

  /** What this makes, now or later, belongs to the scope. */
  run<Result>(work: () => Result): Result {
    if (!isWatching) {
      isWatching = true;
      subscribe('net.client.socket', (message) => scopes.getStore()?.add((message as { socket: Socket }).socket));
    }
    return scopes.run(this, work);
  }

  /** Runs later work in the scope of now: of clients that connect when they are first used. */
  static keep(): <Result>(work: () => Result) => Result {
    const scope = scopes.getStore();
    return (work) => (scope === undefined ? work() : scope.run(work));
  }

  add(socket: Socket): void {
    // It is told of before it connects, which would bring one to life that is destroyed.
    if (this.#destroyed) return void setImmediate(() => socket.destroy());
    for (const each of this.#sockets) if (each.destroyed) this.#sockets.delete(each);
    this.#sockets.add(socket);
  }

  /** Also those that are made hereafter. */
  destroy(): void {
    this.#destroyed = true;
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }
}
