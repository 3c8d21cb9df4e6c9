import { connect, isIP, type Socket } from 'node:net';
import { connect as connectSecure, createSecureContext, type SecureContext } from 'node:tls';
import { HostQueue } from './host-queue.ts';

const CONNECTIONS_PER_HOST_MAX = 20;
const SESSIONS_MAX = 100;

/** Contents of files. */
export interface TlsFiles {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
}

/** Makes a connection for each request, as the original does: one that was kept may be gone just when it is needed. */
export class Connector {
  /** Of what goes to one host at a time. */
  readonly queue: HostQueue = new HostQueue(CONNECTIONS_PER_HOST_MAX);
  readonly #verifyPeer: boolean;
  readonly #files: TlsFiles;
  #secureContext: SecureContext | undefined;
  /** By host: the next handshake with it is shorter. */
  readonly #sessions = new Map<string, Buffer>();

  constructor(verifyPeer: boolean, files: TlsFiles) {
    this.#verifyPeer = verifyPeer;
    this.#files = files;
  }

  /** The caller listens for errors from here on. No limits of time but the request's own. */
  connect(url: URL): Socket {
    const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname;
    if (url.protocol === 'http:') return connect({ host, port: Number(url.port || 80) });
    const session = this.#sessions.get(url.host);
    const socket = connectSecure({
      host,
      port: Number(url.port || 443),
      servername: isIP(host) === 0 ? host : '',
      secureContext: (this.#secureContext ??= createSecureContext(this.#files)),
      rejectUnauthorized: this.#verifyPeer,
      ALPNProtocols: ['http/1.1'],
      ...(session && { session }),
    });
    socket.on('session', (next) => this.#keepSession(url.host, next));
    socket.on('error', () => this.#sessions.delete(url.host));
    return socket;
  }

  #keepSession(host: string, session: Buffer): void {
    this.#sessions.delete(host);
    this.#sessions.set(host, session);
    if (this.#sessions.size <= SESSIONS_MAX) return;
    for (const oldest of this.#sessions.keys()) {
      this.#sessions.delete(oldest);
      return;
    }
  }
}
