import type { ClientDuplexStream, StatusObject } from '@grpc/grpc-js';
import { ChannelCredentials, Client, Metadata } from '@grpc/grpc-js';
import { agentSession, toServerToWire, toWorkerFromWire } from '@dkron/contracts';
import type { SessionChannel, ToServer } from '@dkron/jobs';
import { messageOf, type Timers } from '@dkron/runtime';
import { within } from '../session/dialer-options.ts';
import type { SessionTransport, StreamEvents } from '../session/ports.ts';
import { asBuffer } from './as-buffer.ts';
import { ByteChannel } from './byte-channel.ts';
import { clientOptions } from './channel-options.ts';
import { reasonOf } from './reason.ts';

/** How long what was sent before a close may take to go out. */
const LINGER_MS = 1000;

export interface GrpcSessionTransportOptions {
  /** A connection that is silent this long is asked (2,000); without an answer for as long again it is closed. */
  readonly keepaliveMs?: number;
}

export interface GrpcSessionTransportModules {
  readonly timers: Timers;
  /** Absent: an unprotected connection, which is right only where the network is trusted. */
  readonly credentials?: ChannelCredentials;
}

type Call = ClientDuplexStream<Buffer, Buffer>;

const same = (bytes: Buffer): Buffer => bytes;

/** Opens sessions with servers over gRPC, each on a connection of its own. */
export class GrpcSessionTransport implements SessionTransport {
  readonly #keepaliveMs: number;
  readonly #modules: GrpcSessionTransportModules;

  /** @throws TypeError for an option out of range */
  constructor({ keepaliveMs = 2000 }: GrpcSessionTransportOptions, modules: GrpcSessionTransportModules) {
    within('keepaliveMs', keepaliveMs, 10, 600_000);
    this.#keepaliveMs = keepaliveMs;
    this.#modules = modules;
  }

  open(address: string, events: StreamEvents): SessionChannel<ToServer> {
    const { timers, credentials } = this.#modules;
    const channel = new ByteChannel<ToServer>(toServerToWire, timers, (reason) => events.closed(reason));
    try {
      const client = new Client(
        address,
        credentials ?? ChannelCredentials.createInsecure(),
        clientOptions(this.#keepaliveMs),
      );
      const call = client.makeBidiStreamRequest(agentSession.session.path, same, same, new Metadata());
      join(channel, { client, call }, { timers, events });
    } catch (error) {
      // A bad address. Told later, since the caller does not know the channel yet.
      timers.nextTurn(() => channel.ended(messageOf(error)));
    }
    return channel;
  }
}

function join(
  channel: ByteChannel<ToServer>,
  { client, call }: { readonly client: Client; readonly call: Call },
  { timers, events }: { readonly timers: Timers; readonly events: StreamEvents },
): void {
  const destroy = (): void => {
    call.cancel();
    client.close();
  };
  let taken = false;
  channel.attach({
    write: (bytes, written) => void call.write(asBuffer(bytes), written),
    end: () => {
      if (!taken) return destroy();
      call.end();
      const cancel = timers.after(LINGER_MS, destroy);
      call.on('status', cancel);
    },
    abort: destroy,
  });
  call.on('metadata', () => {
    taken = true;
    if (channel.open) events.opened();
  });
  call.on('data', (bytes: Buffer) => {
    if (!channel.open) return;
    try {
      events.receive(toWorkerFromWire(bytes));
    } catch (error) {
      channel.ended(`protocol: ${messageOf(error)}`);
      destroy();
    }
  });
  call.on('error', () => {});
  call.on('status', ({ code, details, metadata }: StatusObject) => {
    // The last messages may still be on their way to `data`.
    timers.nextTurn(() => {
      client.close();
      channel.ended(reasonOf(metadata) ?? (details === '' ? `status ${code}` : details));
    });
  });
}
