import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

interface Container {
  readonly id: string;
  readonly body: { readonly Image: string; readonly Cmd?: readonly string[]; readonly [key: string]: unknown };
  stream?: Duplex;
  stdin: Buffer;
  readonly ended: PromiseWithResolvers<number>;
  exit?: number;
  oom?: boolean;
}

const PIECE_PAUSE_MS = 40;
const KILLED = 137;
const TERMINATED = 143;

/**
 * Docker's engine on a socket, as far as one run of a container needs it; the first word of a command says what the
 * container does: `print`, `pieces`, `cat`, `exit`, `oom`, `flood`, `hang` (deaf to TERM with a second word).
 */
export class ScriptedEngine {
  readonly folder = mkdtempSync(join(tmpdir(), 'dkron-engine-'));
  readonly images = new Set(['tool:1']);
  /** What a registry would have. */
  readonly registry = new Set(['remote:2']);
  readonly containers = new Map<string, Container>();
  readonly created: Container['body'][] = [];
  readonly requests: { readonly line: string; readonly headers: IncomingMessage['headers'] }[] = [];
  readonly #server: Server;
  #ids = 0xabc000;

  constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on('upgrade', (request: IncomingMessage, socket: Duplex) => this.#attach(request, socket));
  }

  get host(): string {
    return `unix://${join(this.folder, 'socket')}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(join(this.folder, 'socket'), resolve));
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', headers } = request;
    const url = new URL(request.url ?? '', 'http://engine');
    this.requests.push({ line: `${method} ${request.url}`, headers });
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const say = (status: number, body?: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(body === undefined ? undefined : JSON.stringify(body));
    };
    const [, kind = '', name = '', action = ''] = url.pathname.split('/');
    if (kind === 'images') return this.#image(decodeURIComponent(url.pathname), url, say, response);
    if (name === 'create') {
      const body = JSON.parse(text) as Container['body'];
      if (!this.images.has(body.Image)) return say(404, { message: `No such image: ${body.Image}` });
      const id = (this.#ids += 1).toString(16);
      this.created.push(body);
      this.containers.set(id, { id, body, stdin: Buffer.alloc(0), ended: Promise.withResolvers() });
      return say(201, { Id: id });
    }
    const container = this.containers.get(name);
    if (container === undefined) return say(404, { message: `No such container: ${name}` });
    if (method === 'DELETE') {
      this.#end(container, KILLED);
      this.containers.delete(name);
      return say(204);
    }
    if (action === 'start') {
      if (container.body.Cmd?.[0] === 'unstartable') return say(400, { message: 'exec: "unstartable": not found' });
      say(204);
      return void this.#play(container);
    }
    if (action === 'wait') return say(200, { StatusCode: await container.ended.promise });
    if (action === 'stop') {
      if (container.body.Cmd?.[1] === 'deaf') await pause(Number(url.searchParams.get('t')) * 1_000);
      this.#end(container, container.body.Cmd?.[1] === 'deaf' ? KILLED : TERMINATED);
      return say(204);
    }
    say(200, { State: { OOMKilled: container.oom === true } });
  }

  #image(path: string, url: URL, say: (status: number, body?: object) => void, response: ServerResponse): void {
    if (path !== '/images/create') {
      const name = path.slice('/images/'.length, -'/json'.length);
      return this.images.has(name) ? say(200, { Id: 'x' }) : say(404, { message: `No such image: ${name}` });
    }
    const wanted = url.searchParams.get('fromImage') ?? '';
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(`${JSON.stringify({ status: `Pulling ${wanted}` })}\n`);
    if (this.registry.has(wanted)) this.images.add(wanted);
    else response.write(`${JSON.stringify({ error: `manifest for ${wanted} not found` })}\n`);
    response.end();
  }

  #attach(request: IncomingMessage, socket: Duplex): void {
    this.requests.push({ line: `${request.method} ${request.url}`, headers: request.headers });
    socket.on('error', () => {});
    const [, , id = ''] = (request.url ?? '').split('/');
    const container = this.containers.get(id);
    if (container === undefined) return void socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n');
    socket.write(
      'HTTP/1.1 101 UPGRADED\r\nContent-Type: application/vnd.docker.raw-stream\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n',
    );
    socket.on('data', (bytes: Buffer) => (container.stdin = Buffer.concat([container.stdin, bytes])));
    container.stream = socket;
  }

  async #play(container: Container): Promise<void> {
    const [what, ...words] = container.body.Cmd ?? [];
    const { stream } = container;
    if (stream === undefined) throw new Error('started before it was attached');
    switch (what) {
      case 'print':
        stream.write(frame(1, words.join(' ')));
        break;
      case 'split':
        // In pieces that no frame begins or ends with.
        for (const byte of frame(1, words[0] ?? '')) stream.write(Buffer.of(byte));
        stream.write(frame(2, words[1] ?? ''));
        break;
      case 'pieces':
        for (const word of words) {
          stream.write(frame(1, word));
          await pause(PIECE_PAUSE_MS);
        }
        break;
      case 'cat':
        await new Promise((resolve) => stream.once('end', resolve));
        stream.write(frame(1, container.stdin.toString()));
        break;
      case 'flood':
        for (let left = Number(words[0]); left > 0; left -= 32_768) stream.write(frame(1, 'x'.repeat(32_768)));
        stream.write(frame(1, words[1] ?? ''));
        break;
      case 'oom':
        container.oom = true;
        return this.#end(container, KILLED);
      case 'hang':
        stream.write(frame(1, 'hanging'));
        return;
      default:
        break;
    }
    this.#end(container, what === 'exit' ? Number(words[0]) : 0);
  }

  #end(container: Container, code: number): void {
    if (container.exit !== undefined) return;
    container.exit = code;
    container.stream?.end();
    container.ended.resolve(code);
  }
}

function frame(stream: number, text: string): Buffer {
  const bytes = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(bytes.length, 4);
  return Buffer.concat([header, bytes]);
}
