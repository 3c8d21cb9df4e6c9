import type { Handshake, HandshakeVerdict, NodeId, PeerIdentity, StreamPurpose } from '@dkron/raft';
import { judge } from '../context.ts';
import type { StreamContext } from '../context.ts';
import { malformed, TransportError } from '../errors.ts';
import type { OpenStream } from '../link/peer-registry.ts';
import { findFlaw, greetingFromWire, greetingToWire, verdictFromWire, verdictToWire } from './greeting.ts';
import type { Unreadable, WireHandshake, WireVerdict } from './service.ts';

type Greeting =
  | { readonly $case: 'handshake'; readonly value: WireHandshake }
  | { readonly $case: 'verdict'; readonly value: WireVerdict };

/** The part of a stream that the beginning needs; the same for sessions and snapshots, and for both sides. */
export interface GreetingStream {
  readonly purpose: StreamPurpose;
  readonly identity: () => PeerIdentity;
  readonly reader: { next(): Promise<Greeting | Unreadable | { readonly $case: string } | undefined> };
  readonly write: (message: Greeting) => void;
  /** Makes the stream that is registered once the peer is accepted; undefined if it is gone by then. */
  readonly open: (peer: Handshake) => OpenStream | undefined;
}

export interface Greeted {
  readonly peer: Handshake;
  /** Bytes of bulk that the serving side takes without giving credit. */
  readonly window: number;
}

/** Refusal of either side, as an error. `peer` is the name the other side gave. */
function refusedError(
  by: 'us' | 'peer',
  verdict: { readonly code: string; readonly message: string },
  peer: string,
): TransportError {
  return new TransportError('handshake_refused', verdict.message, { by, refusal: verdict.code, peer });
}

/**
 * Dialing side: speaks first, waits for the verdict, then judges in turn.
 * @throws TransportError `handshake_refused`, `malformed_frame`; undefined if the stream ended
 */
export async function greetAsDialer(
  to: NodeId,
  stream: GreetingStream,
  context: StreamContext,
): Promise<Greeted | undefined> {
  const { reader, write } = stream;
  write({ $case: 'handshake', value: greetingToWire(context.handler.handshake(to)) });
  let peer: Handshake | undefined;
  for (;;) {
    const message = await reader.next();
    if (message === undefined) return undefined;
    if (isHandshake(message) && peer === undefined) {
      peer = readHandshake(message.value);
    } else if (isVerdict(message)) {
      const verdict = verdictFromWire(message.value);
      if (!verdict.accepted) throw refusedError('peer', verdict, to);
      if (peer === undefined) throw malformed('a verdict before the handshake');
      const own = await admit(peer, stream, context, to);
      write({ $case: 'verdict', value: verdictToWire(own, 0) });
      if (!own.accepted) throw refusedError('us', own, peer.from);
      return { peer, window: Math.max(1, verdict.window) };
    } else {
      throw malformed(`${message.$case} in the greeting`);
    }
  }
}

/**
 * Serving side: judges first, answers, waits for the other's verdict.
 * @throws TransportError `handshake_refused`, `malformed_frame`; undefined if the stream ended
 */
export async function greetAsAcceptor(stream: GreetingStream, context: StreamContext): Promise<Greeted | undefined> {
  const { reader, write } = stream;
  const first = await reader.next();
  if (first === undefined) return undefined;
  if (!isHandshake(first)) throw malformed(`${first.$case} before the handshake`);
  const peer = readHandshake(first.value);
  const own = await admit(peer, stream, context);
  const window = context.options.bulkWindowBytes;
  if (!own.accepted) {
    write({ $case: 'verdict', value: verdictToWire(own, 0) });
    throw refusedError('us', own, peer.from);
  }
  write({ $case: 'handshake', value: greetingToWire(context.handler.handshake(peer.from)) });
  write({ $case: 'verdict', value: verdictToWire(own, window) });
  const second = await reader.next();
  if (second === undefined) return undefined;
  if (!isVerdict(second)) throw malformed(`${second.$case} before the verdict`);
  const verdict = verdictFromWire(second.value);
  if (!verdict.accepted) throw refusedError('peer', verdict, peer.from);
  return { peer, window };
}

async function admit(
  peer: Handshake,
  stream: GreetingStream,
  context: StreamContext,
  expected?: NodeId,
): Promise<HandshakeVerdict> {
  const { id } = context.options;
  if (peer.from === id || (expected !== undefined && peer.from !== expected)) {
    const message = `server ${peer.from} answers where ${expected ?? 'another server'} was expected; correct the address`;
    return { accepted: false, code: 'wrong_server', message };
  }
  return context.registry.admit(
    peer.from,
    () => judge(context, stream.identity(), peer, stream.purpose),
    () => stream.open(peer),
  );
}

function readHandshake(wire: WireHandshake): Handshake {
  const flaw = findFlaw(wire);
  if (flaw !== undefined) throw malformed(`handshake: ${flaw}`);
  return greetingFromWire(wire);
}

function isHandshake(message: { readonly $case: string }): message is Greeting & { $case: 'handshake' } {
  return message.$case === 'handshake';
}

function isVerdict(message: { readonly $case: string }): message is Greeting & { $case: 'verdict' } {
  return message.$case === 'verdict';
}
