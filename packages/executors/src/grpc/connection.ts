import type { FileRegistry } from '@bufbuild/protobuf';
import type { Cancel, Timers } from '@dkron/runtime';
import type { Client } from '@grpc/grpc-js';
import type { ConnectionSource } from '../kit/connection-pool.ts';
import { AttemptError } from '../kit/limited-attempt.ts';
import { SocketScope } from '../kit/socket-scope.ts';
import { grpcJs } from './packages.ts';
import type { GrpcTarget } from './settings.ts';

/** What the server said of a service is believed for so long. */
const KNOWN_MS = 60_000;
const SERVICES_MAX = 64;
/** Sockets are not shared with other channels, so that they can end with this one. */
const OPTIONS = { 'grpc.use_local_subchannel_pool': 1 };

/** A channel, and what the server behind it said of its services. */
export class GrpcConnection {
  readonly client: Client;
  /** Calls are made in it: the channel connects when it is first used. */
  readonly inScope = SocketScope.keep();
  readonly #timers: Timers;
  readonly #known = new Map<string, FileRegistry>();
  readonly #forget = new Set<Cancel>();

  constructor(client: Client, timers: Timers) {
    this.client = client;
    this.#timers = timers;
  }

  known(service: string): FileRegistry | undefined {
    return this.#known.get(service);
  }

  learn(service: string, files: FileRegistry): void {
    if (this.#known.size >= SERVICES_MAX) return;
    this.#known.set(service, files);
    const cancel = this.#timers.after(KNOWN_MS, () => {
      this.#forget.delete(cancel);
      this.#known.delete(service);
    });
    this.#forget.add(cancel);
  }

  close(): void {
    for (const cancel of this.#forget) cancel();
    this.client.close();
  }
}

export function grpcSource(target: GrpcTarget, timers: Timers): ConnectionSource<GrpcConnection> {
  return { open: () => open(target, timers), close: (connection) => connection.close() };
}

/** Connects when the first call is made. */
async function open({ address, tls }: GrpcTarget, timers: Timers): Promise<GrpcConnection> {
  const { Client, credentials } = await grpcJs();
  const bytes = (pem: string | undefined): Buffer | null => (pem === undefined ? null : Buffer.from(pem));
  try {
    const how =
      tls === undefined
        ? credentials.createInsecure()
        : credentials.createSsl(bytes(tls.ca), bytes(tls.key), bytes(tls.cert), {
            rejectUnauthorized: tls.rejectUnauthorized,
          });
    return new GrpcConnection(new Client(address, how, OPTIONS), timers);
  } catch (cause) {
    throw new AttemptError(`grpc: ${(cause as Error).message}`, 'executor', { cause });
  }
}
