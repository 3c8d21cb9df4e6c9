import { Buffer } from 'node:buffer';
import type {
  handleBidiStreamingCall,
  handleServerStreamingCall,
  handleUnaryCall,
  MethodDefinition,
  ServerDuplexStream,
  ServerWritableStream,
  UntypedHandleCall,
} from '@grpc/grpc-js';
import { Metadata, Server, status } from '@grpc/grpc-js';
import { systemTimers } from '@dkron/runtime/system';
import type {
  ConnInfo,
  MessageCodec,
  PluginExecuteRequest,
  PluginExecuteResponse,
  StdioData,
} from '../wire/grpc/messages.ts';
import { connInfoCodec, executeRequestCodec, executeResponseCodec, stdioDataCodec } from '../wire/grpc/messages.ts';
import {
  BROKER_PATH,
  EXECUTE_PATHS,
  HEALTH_CHECK_PATH,
  SHUTDOWN_PATH,
  STATUS_SERVER_TRAILER,
  STDIO_PATH,
  UNUSED,
  UPDATE_PATHS,
} from '../settings.ts';
import { causeText } from '../errors.ts';
import { Announcements } from './announcements.ts';
import type { ServedExecutor } from './contracts.ts';
import type { PluginLife } from './plugin-life.ts';
import { Progress } from './progress.ts';

const MESSAGE_BYTES_MAX = 64 * 1_048_576;
const KILL_GRACE_MS = 5_000;
/** As Go's: what is printed comes in such pieces. */
const PRINTED_BYTES_MAX = 1_024;
/** `status: SERVING`, and nothing. */
const SERVING = Buffer.of(8, 1);
const NOTHING = Buffer.alloc(0);
/** Between the answer to a shutdown and the end. */
const FAREWELL_MS = 50;

/** Hosts in Go do not look at it. */
const NEVER_CONNECTED = new Metadata();
NEVER_CONNECTED.set(STATUS_SERVER_TRAILER, UNUSED);

const raw: MessageCodec<Uint8Array> = { encode: (bytes) => bytes, decode: (bytes) => bytes };

/** A server with everything that hosts expect of an executor. */
export function executorServer(executor: ServedExecutor, life: PluginLife): Server {
  const server = new Server({
    'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
    'grpc.max_send_message_length': -1,
    'grpc.enable_channelz': 0,
  });
  const announcements = new Announcements(systemTimers);
  EXECUTE_PATHS.forEach((path, index) => {
    const progress = (id: number): Progress => {
      const updatePath = UPDATE_PATHS[index];
      const offer = id === 0 || !updatePath ? Promise.resolve(undefined) : announcements.take(id);
      return new Progress(offer, updatePath ?? '');
    };
    add(server, path, executeRequestCodec, executeResponseCodec, unary(executeWith(executor, life, progress)));
  });
  add(server, HEALTH_CHECK_PATH, raw, raw, unary(checkHealth));
  add(server, BROKER_PATH, connInfoCodec, connInfoCodec, brokerOf(announcements, life));
  add(server, STDIO_PATH, raw, stdioDataCodec, stdioOf(life));
  const shutdown: handleUnaryCall<Uint8Array, Uint8Array> = (_call, answer) => {
    answer(null, NOTHING);
    systemTimers.after(FAREWELL_MS, () => life.end());
  };
  add(server, SHUTDOWN_PATH, raw, raw, unary(shutdown));
  return server;
}

const unary = <I, O>(handle: handleUnaryCall<I, O>): UntypedHandleCall => handle as UntypedHandleCall;

function add<I, O>(
  server: Server,
  path: string,
  request: MessageCodec<I>,
  response: MessageCodec<O>,
  handle: UntypedHandleCall,
): void {
  const [, service = '', method = ''] = path.split('/');
  const definition: MethodDefinition<I, O> = {
    path,
    requestStream: path === BROKER_PATH,
    responseStream: path === BROKER_PATH || path === STDIO_PATH,
    requestSerialize: (message) => asBuffer(request.encode(message)),
    requestDeserialize: (bytes) => request.decode(bytes),
    responseSerialize: (message) => asBuffer(response.encode(message)),
    responseDeserialize: (bytes) => response.decode(bytes),
  };
  server.addService({ [`${service}/${method}`]: definition }, { [`${service}/${method}`]: handle });
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Serving, as a whole and under the name by which hosts ask. */
const checkHealth: handleUnaryCall<Uint8Array, Uint8Array> = ({ request }, answer) => {
  const name = Buffer.from(request.subarray(2)).toString();
  if (name === '' || name === 'plugin') answer(null, SERVING);
  else answer({ code: status.NOT_FOUND, details: 'unknown service' });
};

function executeWith(
  executor: ServedExecutor,
  life: PluginLife,
  progressOf: (id: number) => Progress,
): handleUnaryCall<PluginExecuteRequest, PluginExecuteResponse> {
  return (call, answer) => {
    const { jobName, config, statusServer } = call.request;
    const stop = new AbortController();
    call.on('cancelled', () => stop.abort());
    const progress = progressOf(statusServer);
    const request = {
      jobName,
      config: Object.fromEntries(config),
      executionId: '',
      attempt: 1,
      killGraceMs: KILL_GRACE_MS,
    } as const;
    const context = {
      signal: stop.signal,
      logger: life.logger.child({ job: jobName }),
      output: (chunk: Uint8Array | string, stderr = false) => progress.add(bytesOf(chunk), stderr),
    };
    const run = async (): Promise<string> => {
      const result = await executor.execute(request, context);
      if (typeof result === 'string' || result instanceof Uint8Array) context.output(result);
      else if (result && !result.success) return result.error || 'the run failed';
      return '';
    };
    run()
      .catch((error: unknown) => causeText(error) || 'the run failed')
      .then(async (error) => {
        const output = await progress.answer();
        answer(null, { output, error }, progress.hasConnected ? undefined : NEVER_CONNECTED);
      })
      .catch((error: unknown) => answer({ code: status.INTERNAL, details: causeText(error) }));
  };
}

function bytesOf(chunk: Uint8Array | string): Uint8Array {
  return typeof chunk === 'string' ? Buffer.from(chunk) : Uint8Array.from(chunk);
}

function brokerOf(announcements: Announcements, life: PluginLife): UntypedHandleCall {
  let open = 0;
  const handle: handleBidiStreamingCall<ConnInfo, ConnInfo> = (call: ServerDuplexStream<ConnInfo, ConnInfo>) => {
    open += 1;
    life.hostBack();
    let isOver = false;
    const over = (): void => {
      if (isOver) return;
      isOver = true;
      open -= 1;
      if (open === 0) life.hostLost();
    };
    call.on('data', (offer: ConnInfo) => announcements.add(offer));
    call.on('end', () => {
      call.end();
      over();
    });
    call.on('error', over);
    call.on('cancelled', over);
  };
  return handle as UntypedHandleCall;
}

function stdioOf({ printed }: PluginLife): UntypedHandleCall {
  const handle: handleServerStreamingCall<Uint8Array, StdioData> = (
    call: ServerWritableStream<Uint8Array, StdioData>,
  ) => {
    printed.handTo((bytes, stderr) => {
      for (let at = 0; at < bytes.length; at += PRINTED_BYTES_MAX) {
        call.write({ channel: stderr ? 2 : 1, data: bytes.subarray(at, at + PRINTED_BYTES_MAX) });
      }
    });
    call.on('cancelled', () => printed.handTo(undefined));
    call.on('error', () => printed.handTo(undefined));
  };
  return handle as UntypedHandleCall;
}
