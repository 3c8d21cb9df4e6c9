import type { ServerDuplexStream, ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { Metadata, status } from '@grpc/grpc-js';
import { agentSession, toServerFromWire, toWorkerToWire } from '@dkron/contracts';
import type { SessionReceiver, ToServer, ToWorker } from '@dkron/jobs';
import { certificateNames, messageOf, type Timers } from '@dkron/runtime';
import { within } from '../session/dialer-options.ts';
import type { PeerIdentity, SessionRouter } from '../session/session-router.ts';
import { asBuffer } from './as-buffer.ts';
import { reasonMetadata } from './reason.ts';
import { ByteChannel } from './byte-channel.ts';

type Call = ServerDuplexStream<Buffer, Buffer>;

/** Settings of the service; all have defaults. */
export interface SessionServiceOptions {
  /** Streams at a time (4,096); more are refused. */
  readonly maxStreams?: number;
}

export interface SessionServiceModules {
  readonly router: SessionRouter;
  readonly timers: Timers;
}

const { path } = agentSession.session;
const same = (bytes: Buffer): Buffer => bytes;

/** The definition with bytes for messages: what cannot be read ends its stream by our rules. */
const rawSession = {
  session: {
    path,
    requestStream: true,
    responseStream: true,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  },
} as const;

/** `dkron.agent.v1.Agent` of a server. The grpc-js server wants `SESSION_SERVER_OPTIONS`. */
export class SessionService {
  /** For `server.addService(service, handlers)`. */
  readonly service: ServiceDefinition = rawSession as unknown as ServiceDefinition;
  readonly handlers: UntypedServiceImplementation;
  readonly #modules: SessionServiceModules;
  readonly #maxStreams: number;
  #streams = 0;

  /** @throws TypeError for an option out of range */
  constructor({ maxStreams = 4096 }: SessionServiceOptions, modules: SessionServiceModules) {
    within('maxStreams', maxStreams, 1, 1_000_000);
    this.#maxStreams = maxStreams;
    this.#modules = modules;
    this.handlers = { session: (call: Call) => this.#accept(call) };
  }

  #accept(call: Call): void {
    if (this.#streams >= this.#maxStreams) {
      call.on('data', () => {});
      call.emit('error', { code: status.RESOURCE_EXHAUSTED, details: `more than ${this.#maxStreams} sessions` });
      return;
    }
    this.#streams += 1;
    serve(call, this.#modules, () => (this.#streams -= 1));
  }
}

function serve(call: Call, { router, timers }: SessionServiceModules, done: () => void): void {
  // Says that somebody is here, before anything else is known.
  call.sendMetadata(new Metadata());
  let over = false;
  const channel = new ByteChannel<ToWorker>(toWorkerToWire, timers, (reason) => {
    if (over) return;
    over = true;
    done();
    // After the turn in which the router took it, which may be this one.
    queueMicrotask(() => receiver.closed(reason));
  });
  const receiver: SessionReceiver<ToServer> = router.accept(channel, identityOf(call));
  const fail = (code: status, details: string): void => {
    if (!call.cancelled) call.emit('error', { code, details: details.slice(0, 1024) });
  };
  channel.attach({
    write: (bytes, written) => void call.write(asBuffer(bytes), written),
    // With OK, since the client's library drops what it has not handed on when the status is another.
    end: (reason) => call.end(reasonMetadata(reason)),
    abort: (reason) => fail(status.RESOURCE_EXHAUSTED, reason),
  });
  call.on('data', (bytes: Buffer) => {
    if (over) return;
    try {
      receiver.receive(toServerFromWire(bytes));
    } catch (error) {
      fail(status.INVALID_ARGUMENT, messageOf(error));
      channel.ended(`protocol: ${String(error)}`);
    }
  });
  call.on('end', () => channel.close('the worker ended the stream'));
  call.on('cancelled', () => channel.ended('the connection is gone'));
}

/** Names of the certificate, where there is one. */
function identityOf(call: Call): PeerIdentity {
  const address = call.getPeer();
  const names = certificateNames(call.getAuthContext()?.sslPeerCertificate);
  return names.length === 0 ? { address } : { names, address };
}
