import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { ExtData } from '@msgpack/msgpack';
import { decodeMultiStream, encode } from '@msgpack/msgpack';

export interface ForwardedEvent {
  readonly tag: string;
  readonly seconds: number;
  readonly nanos: number;
  readonly record: Record<string, unknown>;
  readonly chunk: string;
}

/** Takes events; acknowledges them as long as it is told to. */
export class ForwardReceiver {
  readonly events: ForwardedEvent[] = [];
  acknowledges = true;
  readonly #sockets = new Set<Socket>();
  #server = createServer();

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(port = 0): Promise<void> {
    this.#server = createServer((socket) => void this.#serve(socket).catch(() => {}));
    this.#server.listen(port, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    for await (const item of decodeMultiStream(socket)) {
      const [tag, time, record, { chunk }] = item as [string, ExtData, Record<string, unknown>, { chunk: string }];
      const at = Buffer.from(time.data as Uint8Array);
      this.events.push({ tag, seconds: at.readUInt32BE(0), nanos: at.readUInt32BE(4), record, chunk });
      if (this.acknowledges) socket.write(encode({ ack: chunk }));
    }
  }
}
