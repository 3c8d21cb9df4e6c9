import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';

/** A mail server that keeps what it was told, and answers as it is told. */
export class MailReceiver {
  readonly mails: { readonly commands: string[]; readonly data: string }[] = [];
  /** Answers in place of the usual ones, by the first word of a command. */
  answers: Record<string, string> = {};
  readonly #sockets = new Set<Socket>();
  readonly #server = createServer((socket) => this.#serve(socket));

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    const commands: string[] = [];
    let text = '';
    let inData = false;
    socket.on('error', () => {});
    socket.write('220 here\r\n');
    socket.on('data', (bytes: Buffer) => {
      text += bytes.toString();
      for (;;) {
        const end = inData ? '\r\n.\r\n' : '\r\n';
        const at = text.indexOf(end);
        if (at < 0) return;
        const piece = text.slice(0, at);
        text = text.slice(at + end.length);
        if (inData) this.mails.push({ commands: [...commands], data: piece });
        else commands.push(piece);
        const word = inData ? 'MAIL_DATA' : piece.split(' ')[0]!.toUpperCase();
        inData = word === 'DATA';
        socket.write(`${this.answers[word] ?? usual(word)}\r\n`);
      }
    });
  }
}

function usual(word: string): string {
  if (word === 'EHLO') return '250-here\r\n250 AUTH PLAIN';
  if (word === 'AUTH') return '235 welcome';
  return word === 'DATA' ? '354 go on' : '250 fine';
}
