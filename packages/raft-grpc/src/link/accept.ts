import { messageOf } from '@dkron/runtime';
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { Handshake, StreamPurpose } from '@dkron/raft';
import type { StreamContext } from '../context.ts';
import { TransportError } from '../errors.ts';
import { identityOf } from '../wire/identity.ts';
import { greetAsAcceptor } from '../wire/greet.ts';
import type { GreetingStream } from '../wire/greet.ts';
import { Reader } from '../wire/reader.ts';
import type { OpenStream } from './peer-registry.ts';

/** A stream that a peer opened, from its greeting to its end. */
export interface AcceptedStream<In, Out> {
  readonly peer: Handshake;
  readonly reader: Reader<In>;
  /** The callback is called once the bytes are on their way. */
  write(message: Out, written?: () => void): void;
}

/**
 * Greets the peer that opened `call`, lets `serve` work with it, and ends the call: with OK when `serve` resolves,
 * with what it rejects with otherwise. Never rejects.
 */
export async function acceptStream<In extends { readonly $case: string }, Out>(
  call: ServerDuplexStream<In, Out>,
  purpose: StreamPurpose,
  context: StreamContext,
  serve: (stream: AcceptedStream<In, Out>) => Promise<void>,
): Promise<void> {
  const { options, modules, refusals, registry } = context;
  const reader = new Reader<In>(call);
  call.on('data', (message: In) => reader.put(message));
  call.on('error', (error: Error) => reader.fail(error));
  const end = (): void => void modules.timers.nextTurn(() => reader.end());
  for (const event of ['end', 'cancelled', 'error', 'close']) call.on(event, end);
  let registered: OpenStream | undefined;
  // Without the port, which differs each time; the name once it is known.
  let who = call.getPeer().replace(/:\d+$/, '');
  const fail = (code: status, details: string): void => {
    if (!call.cancelled) call.emit('error', { code, details: details.slice(0, 1024) });
    reader.end();
  };
  const cancelTimer = modules.timers.after(options.handshakeTimeoutMs, () => {
    fail(status.DEADLINE_EXCEEDED, 'no handshake in time');
  });
  const greeting: GreetingStream = {
    purpose,
    identity: () => identityOf(call.getAuthContext().sslPeerCertificate, call.getPeer()),
    reader,
    write: (message) => void call.write(message as Out),
    open: (peer) => {
      who = peer.from;
      if (reader.ended) return undefined;
      registered = {
        peer,
        kind: purpose === 'snapshot' ? 'snapshot' : 'incoming',
        end: (why) => fail(status.UNAVAILABLE, why),
      };
      return registered;
    },
  };
  try {
    const greeted = await greetAsAcceptor(greeting, context).finally(cancelTimer);
    if (greeted !== undefined && !reader.ended) {
      const write = (message: Out, written?: () => void): void => void call.write(message, written);
      await serve({ peer: greeted.peer, reader, write });
    }
    if (!call.cancelled) call.end();
  } catch (error) {
    fail(...statusOf(error, who));
  } finally {
    if (registered !== undefined) registry.remove(registered);
  }

  function statusOf(error: unknown, peer: string): [status, string] {
    if (!(error instanceof TransportError)) {
      refusals.failure(peer, messageOf(error));
      return [status.FAILED_PRECONDITION, messageOf(error)];
    }
    if (error.code === 'handshake_refused') {
      const { by, refusal, peer: name } = error.details as { by: 'us' | 'peer'; refusal: string; peer: string };
      refusals.handshake(name, by, refusal, error.message);
      return [status.FAILED_PRECONDITION, error.message];
    }
    const oversized = error.code === 'frame_too_large';
    if (!oversized && error.code !== 'malformed_frame') return [status.UNAVAILABLE, error.message];
    refusals.bytes(peer, oversized ? 'oversized' : 'malformed', error.message);
    return [status.INVALID_ARGUMENT, error.message];
  }
}
