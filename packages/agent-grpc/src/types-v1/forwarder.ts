import type { ServiceError } from '@grpc/grpc-js';
import { ChannelCredentials, Client, Metadata } from '@grpc/grpc-js';
import { RpcError } from './rpc-error.ts';

/** Marks a call that a server passed on: it is not passed on once more. */
const FORWARDED = 'dkron-forwarded';

interface UnaryMethod<In, Out> {
  readonly path: string;
  readonly requestSerialize: (request: In) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Out;
}

/** Passes calls on to the leader, over one connection that is kept. */
export class Forwarder {
  readonly #credentials: ChannelCredentials;
  #address = '';
  #client: Client | undefined;

  constructor(credentials: ChannelCredentials = ChannelCredentials.createInsecure()) {
    this.#credentials = credentials;
  }

  /** True for a call that came from another server. */
  static wasForwarded(metadata: Metadata): boolean {
    return metadata.get(FORWARDED).length > 0;
  }

  /** The leader's answer. Rejects with its status, or with Unavailable. */
  call<In, Out>(address: string, method: UnaryMethod<In, Out>, request: In): Promise<Out> {
    const metadata = new Metadata();
    metadata.set(FORWARDED, '1');
    const { path, requestSerialize, responseDeserialize } = method;
    return new Promise((resolve, reject) => {
      this.#clientOf(address).makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadata,
        (error: ServiceError | null, answer?: Out) => {
          if (error === null && answer !== undefined) resolve(answer);
          else reject(new RpcError(error?.details ?? 'no answer', error?.code));
        },
      );
    });
  }

  close(): void {
    this.#client?.close();
    this.#client = undefined;
  }

  #clientOf(address: string): Client {
    if (this.#client !== undefined && this.#address === address) return this.#client;
    this.close();
    this.#address = address;
    this.#client = new Client(address, this.#credentials, { 'grpc.enable_http_proxy': 0, 'grpc.enable_channelz': 0 });
    return this.#client;
  }
}
