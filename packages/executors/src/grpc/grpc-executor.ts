import type { DescMethod, FileRegistry, Message } from '@bufbuild/protobuf';
import { rpcCodeName, type Timers } from '@dkron/runtime';
import { systemTimers } from '@dkron/runtime/system';
import type { Metadata } from '@grpc/grpc-js';
import { configuredAttempt } from '../kit/configured-attempt.ts';
import { ConnectionPool, type ConnectionPoolOptions } from '../kit/connection-pool.ts';
import { digestOf } from '../kit/digest.ts';
import { AttemptError, type LimitedAttempt } from '../kit/limited-attempt.ts';
import type { ExecuteContext, ExecuteRequest, ExecuteResult, Executor } from '../types.ts';
import { openCall, statusOf } from './call.ts';
import { configSchema } from './config-schema.ts';
import { type GrpcConnection, grpcSource } from './connection.ts';
import { splitJson } from './json-sequence.ts';
import { grpcJs, protobuf } from './packages.ts';
import { reflect } from './reflection.ts';
import { type GrpcSettings, readSettings, readTimeoutMs } from './settings.ts';

/** Settings of the `grpc` executor; all have defaults. */
export type GrpcExecutorOptions = ConnectionPoolOptions;

/** What the `grpc` executor is given. */
export interface GrpcExecutorModules {
  /** @default the system's */
  readonly timers?: Timers;
}

const UNAVAILABLE = 14;

/** Calls one method per attempt, described by the server itself; the replies are the output, in JSON. */
export function grpcExecutor(options: GrpcExecutorOptions = {}, modules: GrpcExecutorModules = {}): Executor {
  const timers = modules.timers ?? systemTimers;
  const pool = new ConnectionPool<GrpcConnection>(options, { timers });
  return {
    name: 'grpc',
    configSchema,
    execute: (request, context) => execute(request, context, pool, timers),
    close: () => pool.close(),
  };
}

async function execute(
  request: ExecuteRequest,
  context: ExecuteContext,
  pool: ConnectionPool<GrpcConnection>,
  timers: Timers,
): Promise<ExecuteResult> {
  const kind = { configSchema, timers, readTimeoutMs, ownTimeoutText: 'grpc: timeout' };
  return configuredAttempt(request, context, kind, async (attempt) => {
    const settings = await readSettings(request.config);
    attempt.hide(settings.headers.map(([, value]) => value));
    const lease = await pool.acquire(digestOf(settings.target), grpcSource(settings.target, timers), attempt.signal);
    let broken = true;
    try {
      const { connection } = lease;
      const code = await connection.inScope(() => callMethod(settings, connection, attempt));
      broken = code === UNAVAILABLE;
      if (code !== settings.expectCode) {
        throw new AttemptError(
          `server returned ${rpcCodeName(code)} code, expected ${rpcCodeName(settings.expectCode)}`,
          broken ? 'executor' : 'exit',
        );
      }
    } finally {
      lease.release(broken);
    }
  });
}

/** @returns the status of the call */
async function callMethod(
  settings: GrpcSettings,
  connection: GrpcConnection,
  attempt: LimitedAttempt,
): Promise<number> {
  const { signal, print } = attempt;
  const { service, method: name } = settings;
  const { Metadata } = await grpcJs();
  const { toJsonString, fromBinary } = await protobuf();
  const metadata = (): Metadata => metadataOf(settings, new Metadata());
  let files = connection.known(service);
  if (files === undefined) {
    files = await reflect(connection.client, service, metadata, signal);
    connection.learn(service, files);
  }
  const registry = files;
  const method = registry.getService(service)?.methods.find((each) => each.name === name);
  if (method === undefined) {
    throw new AttemptError(`grpc: url: service ${JSON.stringify(service)} has no method named ${JSON.stringify(name)}`);
  }
  const requests = await readRequests(settings.body, method, registry);
  const call = openCall(connection.client, `/${service}/${name}`, metadata(), signal);
  let unreadable: Error | undefined;
  call.on('data', (bytes: Buffer) => {
    try {
      const reply = fromBinary(method.output, bytes);
      print(`${toJsonString(method.output, reply, { registry, prettySpaces: 2 })}\n`);
    } catch (error) {
      unreadable ??= error as Error;
      call.cancel();
    }
  });
  for (const request of requests) call.write(request);
  call.end();
  const { code, details } = await statusOf(call);
  if (unreadable) throw new AttemptError(`grpc: the reply cannot be read: ${unreadable.message}`);
  if (details !== '' && code !== 0) print(`${rpcCodeName(code)}: ${details}\n`, true);
  return code;
}

async function readRequests(body: string, method: DescMethod, registry: FileRegistry): Promise<Uint8Array[]> {
  const { create, fromJsonString, toBinary } = await protobuf();
  let messages: Message[];
  try {
    messages = splitJson(body).map((text) => fromJsonString(method.input, text, { registry }));
  } catch (cause) {
    throw new AttemptError(`grpc: body: ${(cause as Error).message}`, 'executor', { cause });
  }
  const streams = method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming';
  if (!streams && messages.length === 0) messages = [create(method.input)];
  if (!streams && messages.length > 1) {
    throw new AttemptError(`grpc: body: ${method.name} takes one request, the body holds ${messages.length}`);
  }
  return messages.map((message) => toBinary(method.input, message));
}

/** Names that end in `-bin` have values in base64. */
function metadataOf({ headers }: GrpcSettings, metadata: Metadata): Metadata {
  for (const [name, value] of headers) {
    try {
      metadata.add(name, name.toLowerCase().endsWith('-bin') ? Buffer.from(value, 'base64') : value);
    } catch {
      throw new AttemptError(`grpc: headers: ${JSON.stringify(name)} cannot be sent`);
    }
  }
  return metadata;
}
