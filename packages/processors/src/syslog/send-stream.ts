import { readFile } from 'node:fs/promises';
import type { NetConnectOpts, Socket } from 'node:net';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { Timers } from '@dkron/runtime';
import { badConfig } from '../config.ts';
import { SinkFailure } from '../sink.ts';

/** Files are read for every message, so that renewed ones count. */
export interface TlsFiles {
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
  readonly skipVerify: boolean;
}

interface SendModules {
  readonly signal: AbortSignal;
  readonly timers: Timers;
}

/** A receiver that keeps the connection open has got the message as far as anybody can know. */
const CLOSE_MS = 2_000;

/**
 * Sends one message on a connection of its own. The receiver closes it after it read everything; one that breaks off before
 * that did not read it.
 *
 * @param target name for errors
 * @param tls absent = plain
 */
export async function sendStream(
  target: string,
  options: NetConnectOpts,
  frame: Uint8Array,
  { signal, timers, tls }: SendModules & { readonly tls?: TlsFiles | undefined },
): Promise<void> {
  const secure = tls && (await tlsOptions(tls));
  signal.throwIfAborted();
  const socket = secure ? connectTls({ ...secure, ...options, ...serverName(options) }) : connect(options);
  try {
    await handOver(socket, frame, { signal, timers });
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw new SinkFailure(target, { cause: error, passing: true });
  } finally {
    socket.destroy();
  }
}

function handOver(socket: Socket, frame: Uint8Array, { signal, timers }: SendModules): Promise<void> {
  return new Promise((resolve, reject) => {
    let cancel = (): void => {};
    const done = (end: () => void) => (): void => {
      cancel();
      end();
    };
    signal.addEventListener(
      'abort',
      done(() => reject(signal.reason as Error)),
      { once: true },
    );
    socket.once('error', (error) => done(() => reject(error))());
    socket.once(
      'close',
      done(() => (socket.writableFinished ? resolve() : reject(new Error('it closed the connection')))),
    );
    // Answers are not expected; they must be read so that the end is seen.
    socket.resume();
    // With TLS what is written waits for the handshake, and the end is only sent after it.
    socket.end(frame, () => (cancel = timers.after(CLOSE_MS, resolve)));
  });
}

/** A name of its own is only for names: addresses are compared with the certificate as they are. */
function serverName(options: NetConnectOpts): { servername?: string } {
  const host = 'host' in options ? options.host : undefined;
  return host === undefined || /^[0-9.]+$|:/.test(host) ? {} : { servername: host };
}

async function tlsOptions({ caFile, certFile, keyFile, skipVerify }: TlsFiles): Promise<object> {
  const ca = await readIfNamed('tls_ca_file', caFile);
  const cert = await readIfNamed('tls_cert_file', certFile);
  const key = await readIfNamed('tls_key_file', keyFile);
  return { ...(ca && { ca }), ...(cert && { cert }), ...(key && { key }), rejectUnauthorized: !skipVerify };
}

async function readIfNamed(key: string, path: string | undefined): Promise<Uint8Array | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path);
  } catch (error) {
    throw badConfig(key, (error as Error).message);
  }
}
