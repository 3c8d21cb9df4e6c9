import type { Timers } from '@dkron/runtime';
import { WireError } from '../core/errors.ts';
import { formatAddress } from '../core/host-port.ts';
import type { Address } from '../core/types.ts';
import type { StreamMessage } from '../core/wire/messages.ts';
import { GossipError } from '../errors.ts';
import type { StreamCodec } from './stream-codec.ts';
import type { GossipTransport, StreamConnection } from './transport.ts';

/** Connections of ours at the same time. */
const MAX_OUTBOUND = 64;

/** Collaborators of the client side of streams. */
export interface StreamClientModules {
  readonly codec: StreamCodec;
  readonly transport: Pick<GossipTransport, 'dial'>;
  readonly timers: Timers;
}

/** Our requests over streams: one connection each, one answer, one deadline. */
export class StreamClient {
  readonly #modules: StreamClientModules;
  readonly #open = new Set<StreamConnection>();

  constructor(modules: StreamClientModules) {
    this.#modules = modules;
  }

  /**
   * Sends `request` and resolves with the answer.
   * Rejects with GossipError `GOSSIP_UNREACHABLE`, `GOSSIP_TIMEOUT`, `GOSSIP_REMOTE`, `GOSSIP_BUSY`; with WireError for an answer that is none.
   */
  async exchange(to: Address, request: StreamMessage, timeoutMs: number): Promise<StreamMessage> {
    const peer = formatAddress(to);
    if (this.#open.size >= MAX_OUTBOUND) {
      throw new GossipError('GOSSIP_BUSY', `${MAX_OUTBOUND} connections are open, ${peer} was not dialled`, { peer });
    }
    const answer = await this.#run(to, peer, request, timeoutMs);
    if (answer.type !== 'error') return answer;
    const text = printable(answer.error);
    throw new GossipError('GOSSIP_REMOTE', `${peer} refused: ${text}`, { peer, error: text });
  }

  #run(to: Address, peer: string, request: StreamMessage, timeoutMs: number): Promise<StreamMessage> {
    const { codec, transport, timers } = this.#modules;
    const decoder = codec.decoder('dialler');
    const bytes = codec.pack(request, 'dialler');
    const connection = transport.dial(to);
    this.#open.add(connection);
    return new Promise((resolve, reject) => {
      const cancel = timers.after(timeoutMs, () => {
        settle(() =>
          reject(new GossipError('GOSSIP_TIMEOUT', `${peer} did not answer within ${timeoutMs} ms`, { peer })),
        );
      });
      const settle = (done: () => void): void => {
        cancel();
        done();
        connection.destroy();
      };
      connection.read({
        data: (chunk) => {
          try {
            const answer = decoder.push(chunk);
            if (answer !== undefined) settle(() => resolve(answer));
          } catch (error) {
            settle(() => reject(asWireError(error)));
          }
        },
        ended: () => settle(() => reject(unreachable(peer, 'closed the connection before it answered'))),
        closed: (error) => {
          this.#open.delete(connection);
          settle(() => reject(unreachable(peer, error?.message ?? 'connection closed', error)));
        },
      });
      connection.write(bytes);
    });
  }
}

function unreachable(peer: string, why: string, cause?: Error): GossipError {
  return new GossipError('GOSSIP_UNREACHABLE', `${peer}: ${why}`, { peer }, { cause });
}

function asWireError(error: unknown): Error {
  if (error instanceof WireError) return error;
  throw error;
}

/** What a peer wrote, fit for a line of a log. */
function printable(text: string): string {
  return text.slice(0, 256).replaceAll(/\p{Cc}/gu, ' ');
}
