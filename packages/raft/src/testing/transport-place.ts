import type { NodeId } from '../core/types.ts';
import type { Transport } from '../transport/transport.ts';

/** A network in which transports find each other. */
export interface TransportPlace {
  /** A transport of server `id` that others can dial, without a handler yet. `addr` asks for an address used before. */
  make(id: NodeId, addr?: string): Promise<Transport>;
  /** An address at which nobody listens. */
  deadAddr(): string;
  /** Whether streams can break half-way and bytes be damaged: then transfers go on, and digests are checked. */
  readonly overWire: boolean;
  /** Ends everything that was made. */
  dispose(): Promise<void>;
}
