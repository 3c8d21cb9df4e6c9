import type { Socket } from 'node:net';
import type { Address } from '../core/types.ts';
import type { StreamConnection, StreamReader } from './transport.ts';

/** A connection over a TCP socket. */
export class SocketStream implements StreamConnection {
  readonly remote: Address;
  readonly #socket: Socket;
  #reader: StreamReader | undefined;
  #error: Error | undefined;

  constructor(socket: Socket, remote: Address) {
    this.#socket = socket;
    this.remote = remote;
    // Until somebody reads, errors must have a listener, and are kept.
    socket.on('error', (error) => {
      this.#error = error;
    });
    socket.on('close', () => this.#reader?.closed(this.#error));
  }

  read(reader: StreamReader): void {
    this.#reader = reader;
    this.#socket.on('data', (chunk: Buffer) => reader.data(chunk));
    this.#socket.on('end', () => reader.ended());
  }

  write(bytes: Uint8Array): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }

  end(): void {
    if (!this.#socket.destroyed) this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
