import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

/** What a client published. */
export interface NatsMessage {
  readonly subject: string;
  readonly replyTo: string;
  readonly headers: string;
  readonly payload: string;
}

/**
 * As much of a NATS server as shows what an executor does: it takes messages, answers pings, and does by the first word of the
 * subject what a test wants. Of the protocol, not of a server: what holds against a real one is tried with the real one.
 */
export class ScriptedNats {
  readonly messages: NatsMessage[] = [];
  readonly sockets = new Set<Socket>();
  /** How many connections there ever were. */
  connections = 0;
  password = '';
  #server: Server | undefined;
  #onMessage: (message: NatsMessage) => void = () => {};

  async start(port = 0): Promise<string> {
    const server = createServer((socket) => this.#serve(socket));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    this.#server = server;
    return `127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  next(): Promise<NatsMessage> {
    return new Promise((resolve) => (this.#onMessage = resolve));
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    this.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.sockets.delete(socket));
    const info = {
      server_id: 'S',
      version: '2.9.10',
      proto: 1,
      headers: true,
      max_payload: 1_000,
      auth_required: true,
    };
    socket.write(`INFO ${JSON.stringify({ ...info, host: '127.0.0.1', port: 1 })}\r\n`);
    let buffer = '';
    const sids = new Map<string, string>();
    socket.on('data', (bytes) => {
      buffer += bytes.toString('latin1');
      for (let end = buffer.indexOf('\r\n'); end >= 0; end = buffer.indexOf('\r\n')) {
        const [word = '', ...args] = buffer.slice(0, end).split(' ');
        const size = word === 'PUB' || word === 'HPUB' ? Number(args.at(-1)) + 2 : 0;
        if (buffer.length < end + 2 + size) return;
        const body = buffer.slice(end + 2, end + 2 + Math.max(0, size - 2));
        if (word === 'CONNECT' && this.password !== '' && !args.join(' ').includes(`"pass":"${this.password}"`)) {
          socket.end("-ERR 'Authorization Violation'\r\n");
          return;
        }
        if (word === 'PING') socket.write('PONG\r\n');
        if (word === 'SUB') sids.set(args[0] ?? '', args.at(-1) ?? '');
        if (size > 0) this.#take(socket, sids, word === 'HPUB', args, body);
        buffer = buffer.slice(end + 2 + size);
      }
    });
  }

  #take(socket: Socket, sids: Map<string, string>, hasHeaders: boolean, args: string[], body: string): void {
    const headerBytes = hasHeaders ? Number(args.at(-2)) : 0;
    const replyTo = args.length > (hasHeaders ? 3 : 2) ? (args[1] ?? '') : '';
    const message: NatsMessage = {
      subject: args[0] ?? '',
      replyTo,
      headers: body.slice(0, headerBytes),
      payload: Buffer.from(body.slice(headerBytes), 'latin1').toString(),
    };
    this.messages.push(message);
    this.#onMessage(message);
    const reply = (text: string): void => {
      const [inbox] = [...sids].find(([pattern]) => replyTo.startsWith(pattern.replace('*', ''))) ?? [];
      const sid = sids.get(inbox ?? '');
      socket.write(`MSG ${replyTo} ${sid} ${Buffer.byteLength(text)}\r\n${text}\r\n`);
    };
    switch (message.subject.split('.')[0]) {
      case 'echo':
        return reply(message.payload);
      case 'stream':
        return reply(JSON.stringify({ stream: 'ORDERS', seq: this.messages.length }));
      case 'full':
        return reply(JSON.stringify({ error: { code: 400, err_code: 10077, description: 'maximum bytes exceeded' } }));
      case 'forbidden':
        socket.write(`-ERR 'Permissions Violation for Publish to "${message.subject}"'\r\n`);
        return;
      case 'die':
        socket.destroy();
        return;
      default:
    }
  }
}
