import type { ServerHttp2Session, ServerHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { constants, createServer as createHttp2Server } from 'node:http2';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { Timers } from '@dkron/runtime';
import { concatBytes } from '../wire/bytes.ts';
import type { StatusUpdate } from '../wire/grpc/messages.ts';
import { statusUpdateCodec } from '../wire/grpc/messages.ts';
import { UPDATE_PATHS } from '../settings.ts';
import { causeText, PluginError } from '../errors.ts';

/** Where one run's progress comes in. */
export interface CallbackListener {
  readonly address: string;
  /** Nothing comes in any more once this returns. */
  close(): void;
}

export interface CallbackOptions {
  /** Of one piece of output. */
  readonly updateBytesMax: number;
  /** Of one run; more are made to wait. */
  readonly updatesPerSecondMax: number;
}

const { HTTP2_HEADER_STATUS, HTTP2_HEADER_CONTENT_TYPE, HTTP2_HEADER_PATH } = constants;
const PREFIX_BYTES = 5;
/** Length-prefixed message without fields. */
const EMPTY_ANSWER = new Uint8Array(PREFIX_BYTES);
const GRPC = { ok: 0, invalidArgument: 3, resourceExhausted: 8, unimplemented: 12 } as const;
const CONNECTIONS_MAX = 8;
const STREAMS_MAX = 64;
const BACKLOG = 8;

type TakeUpdate = (update: StatusUpdate) => void;

/**
 * Status servers of runs: each on a socket of its own, because what comes in does not say which run it is about. One
 * HTTP/2 server without sockets speaks on all of them.
 */
export class Callbacks {
  readonly #options: CallbackOptions;
  readonly #timers: Timers;
  readonly #http2 = createHttp2Server({ settings: { maxConcurrentStreams: STREAMS_MAX }, maxSettings: 32 });
  /** What the session that is being made belongs to. */
  #owner: Run | undefined;

  constructor(options: CallbackOptions, timers: Timers) {
    this.#options = options;
    this.#timers = timers;
    this.#http2.on('sessionError', () => {});
    this.#http2.on('session', (session) => {
      this.#owner?.add(session);
    });
  }

  /** Listens at `path` for the updates of one run. Throws {@link PluginError} when it cannot. */
  async listen(path: string, take: TakeUpdate): Promise<CallbackListener> {
    const run = new Run(this.#options, this.#timers, take);
    const server = createServer((socket) => this.#connect(run, socket));
    server.maxConnections = CONNECTIONS_MAX;
    await listening(server, path);
    return {
      address: path,
      close: () => {
        server.close();
        run.close();
      },
    };
  }

  #connect(run: Run, socket: Socket): void {
    socket.on('error', () => {});
    if (run.isOver) return void socket.destroy();
    this.#owner = run;
    this.#http2.emit('connection', socket);
    this.#owner = undefined;
  }
}

/** Connections and updates of one run. */
class Run {
  readonly #options: CallbackOptions;
  readonly #timers: Timers;
  readonly #take: TakeUpdate;
  readonly #sessions = new Set<ServerHttp2Session>();
  #updates = 0;
  #waiting: (() => void)[] = [];
  #cancel: (() => void) | undefined;
  isOver = false;

  constructor(options: CallbackOptions, timers: Timers, take: TakeUpdate) {
    this.#options = options;
    this.#timers = timers;
    this.#take = take;
  }

  add(session: ServerHttp2Session): void {
    this.#sessions.add(session);
    session.on('error', () => {});
    session.on('close', () => this.#sessions.delete(session));
    session.on('stream', (stream, headers) => this.#serve(stream, headers));
  }

  close(): void {
    this.isOver = true;
    this.#cancel?.();
    this.#waiting = [];
    for (const session of this.#sessions) session.destroy();
  }

  #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    stream.on('error', () => {});
    const path = String(headers[HTTP2_HEADER_PATH]);
    if (!UPDATE_PATHS.includes(path)) return refuse(stream, GRPC.unimplemented, `unknown method ${path}`);
    const max = this.#options.updateBytesMax + PREFIX_BYTES;
    const parts: Uint8Array[] = [];
    let length = 0;
    stream.on('data', (bytes: Buffer) => {
      length += bytes.length;
      if (length <= max) parts.push(bytes);
      else if (!stream.headersSent) refuse(stream, GRPC.resourceExhausted, `more than ${max - PREFIX_BYTES} bytes`);
    });
    stream.on('end', () => {
      if (!stream.headersSent) this.#finish(stream, concatBytes(parts));
    });
  }

  #finish(stream: ServerHttp2Stream, bytes: Uint8Array): void {
    let update;
    try {
      update = statusUpdateCodec.decode(onlyMessage(bytes));
    } catch (error) {
      return refuse(stream, GRPC.invalidArgument, causeText(error));
    }
    if (this.isOver) return;
    this.#take(update);
    this.#pace(() => answer(stream));
  }

  /** Who reports too fast waits for the answer. */
  #pace(go: () => void): void {
    this.#cancel ??= this.#timers.after(1_000, () => this.#refill());
    this.#updates += 1;
    if (this.#updates <= this.#options.updatesPerSecondMax) go();
    else this.#waiting.push(go);
  }

  #refill(): void {
    this.#cancel = undefined;
    this.#updates = 0;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const go of waiting) this.#pace(go);
  }
}

function answer(stream: ServerHttp2Stream): void {
  if (stream.destroyed) return;
  stream.respond(
    { [HTTP2_HEADER_STATUS]: 200, [HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc' },
    { waitForTrailers: true },
  );
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': String(GRPC.ok) }));
  stream.end(EMPTY_ANSWER);
}

function refuse(stream: ServerHttp2Stream, status: number, text: string): void {
  if (stream.destroyed || stream.headersSent) return;
  stream.respond(
    {
      [HTTP2_HEADER_STATUS]: 200,
      [HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      'grpc-status': String(status),
      'grpc-message': encodeURIComponent(text).replaceAll('%20', ' '),
    },
    { endStream: true },
  );
}

/** The message of a unary call. Throws TypeError when there is not exactly one, uncompressed. */
function onlyMessage(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < PREFIX_BYTES || bytes[0] !== 0 || view.getUint32(1) !== bytes.length - PREFIX_BYTES) {
    throw new TypeError('an update must be one uncompressed message');
  }
  return bytes.subarray(PREFIX_BYTES);
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new PluginError('PLUGIN_CALL', `cannot listen for progress: ${causeText(error)}`, { path }, { cause: error }),
      ),
    );
    server.listen({ path, backlog: BACKLOG }, () => resolve());
  });
}
