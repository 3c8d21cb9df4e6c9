import { messageOf } from '@dkron/runtime';
import type { Handshake, HandshakeVerdict, PeerIdentity, StreamPurpose, TransportHandler } from '@dkron/raft';
import type { PeerRegistry } from './link/peer-registry.ts';
import type { CheckedOptions, GrpcRaftTransportModules } from './options.ts';
import type { Refusals } from './refusals.ts';

/** What every stream of a transport needs. */
export interface StreamContext {
  readonly options: CheckedOptions;
  readonly modules: GrpcRaftTransportModules;
  readonly handler: TransportHandler;
  readonly registry: PeerRegistry;
  readonly refusals: Refusals;
}

/** The verdict of `authorize`, and if it agrees that of the server. */
export async function judge(
  context: StreamContext,
  identity: PeerIdentity,
  handshake: Handshake,
  purpose: StreamPurpose,
): Promise<HandshakeVerdict> {
  const authorized = ask(context, identity, handshake);
  if (authorized === true) return context.handler.judge(handshake, purpose);
  const message = `server ${handshake.from} is not authorized: ${authorized}`;
  return { accepted: false, code: 'unauthorized', message };
}

function ask({ modules }: StreamContext, identity: PeerIdentity, handshake: Handshake): true | string {
  try {
    return modules.authorize?.(identity, handshake) ?? true;
  } catch (error) {
    return `authorize failed: ${messageOf(error)}`;
  }
}
