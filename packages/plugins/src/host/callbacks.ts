import type { ServerHttp2Session, ServerHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { constants, createServer as createHttp2Server } from 'node:http2';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Timers } from '@dkron/runtime';
import { concatBytes } from '@dkron/runtime';
import type { StatusUpdate } from '../wire/grpc/messages.ts';
import { statusUpdateCodec } from '../wire/grpc/messages.ts';
import { UPDATE_PATHS } from '../settings.ts';
import { causeText, PluginError } from '../errors.ts';
import { wakeWhenUsed } from './quiet-connection.ts';

/** Where one run's progress comes in. */
export interface CallbackListener {
  readonly address: string;
  /** Nothing comes in any more once this returns. @param isUnused the plugin says that it never will connect */
  close(isUnused: boolean): void;
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
/** Sockets kept for further runs. */
const IDLE_MAX = 64;
/** After its answer a plugin hangs up at once; one that does not is cut off, and its socket not used again. */
const LEAVE_MS = 300;

type TakeUpdate = (update: StatusUpdate) => void;

/**
 * Status servers of runs: each on a socket of its own, because what comes in does not say which run it is about. One
 * HTTP/2 server without sockets speaks on all of them. A socket serves another run only when the plugin has connected to
 * it and has hung up itself, or has said that it never will: then nothing of the run before can come any more.
 */
export class Callbacks {
  readonly #options: CallbackOptions;
  readonly #timers: Timers;
  readonly #directory: string;
  readonly #http2 = createHttp2Server({ settings: { maxConcurrentStreams: STREAMS_MAX }, maxSettings: 32 });
  readonly #idle: Place[] = [];
  #places = 0;
  /** What the session that is being made belongs to. */
  #owner: Run | undefined;

  /** @param directory for the sockets */
  constructor(
    options: CallbackOptions,
    { timers, directory }: { readonly timers: Timers; readonly directory: string },
  ) {
    this.#options = options;
    this.#timers = timers;
    this.#directory = directory;
    this.#http2.on('sessionError', () => {});
    this.#http2.on('session', (session) => {
      this.#owner?.add(session);
    });
  }

  /** Listens for the updates of one run. Throws {@link PluginError} when it cannot. */
  async listen(take: TakeUpdate): Promise<CallbackListener> {
    const run = new Run(this.#options, this.#timers, take);
    const place = this.#idle.pop() ?? (await this.#open());
    place.begin(run);
    return {
      address: place.path,
      close: (isUnused) => {
        run.isOver = true;
        if (isUnused && !place.hasBeenUsed) return this.#ended(place, run, true);
        place.whenLeft(this.#timers, (isLeft) => this.#ended(place, run, isLeft));
      },
    };
  }

  /** Those that no run uses. */
  close(): void {
    for (const place of this.#idle.splice(0)) place.close();
  }

  async #open(): Promise<Place> {
    const path = join(this.#directory, `c${(this.#places += 1)}`);
    const place = new Place(path, (run, socket) => {
      wakeWhenUsed(socket, this.#timers, () => {
        if (run.isOver) return void socket.resume();
        this.#owner = run;
        this.#http2.emit('connection', socket);
        this.#owner = undefined;
      });
    });
    await place.listen();
    return place;
  }

  #ended(place: Place, run: Run, isLeft: boolean): void {
    run.close();
    if (isLeft && this.#idle.length < IDLE_MAX) this.#idle.push(place);
    else place.close();
  }
}

/** A socket that listens, for one run after the other. */
class Place {
  readonly path: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #run: Run | undefined;
  #connections = 0;
  #look: () => void = () => {};

  constructor(path: string, serve: (run: Run, socket: Socket) => void) {
    this.path = path;
    // Who hangs up is hung up on without a farewell.
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.#connections += 1;
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('end', () => socket.allowHalfOpen && socket.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        this.#look();
      });
      // After its run it only has to hang up.
      if (this.#run && !this.#run.isOver) serve(this.#run, socket);
      else socket.resume();
    });
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  listen(): Promise<void> {
    return listening(this.#server, this.path);
  }

  begin(run: Run): void {
    this.#run = run;
    this.#connections = 0;
  }

  /** By the run of now. */
  get hasBeenUsed(): boolean {
    return this.#connections > 0;
  }

  /** Tells whether the plugin has come and gone, as soon as it has, or after a moment. */
  whenLeft(timers: Timers, tell: (isLeft: boolean) => void): void {
    const end = (isLeft: boolean): void => {
      this.#look = () => {};
      cancel();
      tell(isLeft);
    };
    const cancel = timers.after(LEAVE_MS, () => end(false));
    this.#look = () => {
      if (this.hasBeenUsed && this.#sockets.size === 0) end(true);
    };
    this.#look();
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
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
