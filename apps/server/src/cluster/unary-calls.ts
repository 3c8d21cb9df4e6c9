import type { ServiceError } from '@grpc/grpc-js';
import { ChannelCredentials, Client } from '@grpc/grpc-js';

/** One method of a service definition. */
export interface UnaryMethod<Request, Answer> {
  readonly path: string;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Answer;
}

export interface CallOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

const CLIENTS_MAX = 128;
const MESSAGE_BYTES_MAX = 272 * 1024 * 1024;
const CHANNEL = {
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_channelz': 0,
  'grpc.enable_retries': 0,
  'grpc.initial_reconnect_backoff_ms': 50,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
  'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
};

/** Calls of nodes by address, over connections that are kept for the next call; also those with a stream of answers. */
export class UnaryCalls {
  /** In order of their last use. */
  readonly #clients = new Map<string, Client>();

  /** Rejects with grpc-js's `ServiceError`. */
  call<Request, Answer>(
    address: string,
    { path, requestSerialize, responseDeserialize }: UnaryMethod<Request, Answer>,
    request: Request,
    { timeoutMs, signal }: CallOptions,
  ): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const call = this.#client(address).makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        { deadline: Date.now() + timeoutMs },
        (error: ServiceError | null, answer?: Answer) => (error === null ? resolve(answer as Answer) : reject(error)),
      );
      signal?.addEventListener('abort', () => call.cancel(), { once: true });
    });
  }

  /** A stream of answers. Returns the way to stop it, after which nothing is told. */
  stream<Request, Answer>(
    address: string,
    { path, requestSerialize, responseDeserialize }: UnaryMethod<Request, Answer>,
    request: Request,
    { message, ended }: { readonly message: (answer: Answer) => void; readonly ended: () => void },
  ): () => void {
    const call = this.#client(address).makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
    let over = false;
    const end = (): void => {
      if (over) return;
      over = true;
      ended();
    };
    call.on('data', (answer: Answer) => over || message(answer));
    call.on('error', end);
    call.on('end', end);
    return () => {
      over = true;
      call.cancel();
    };
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  #client(address: string): Client {
    const client = this.#clients.get(address) ?? new Client(address, ChannelCredentials.createInsecure(), CHANNEL);
    this.#clients.delete(address);
    this.#clients.set(address, client);
    if (this.#clients.size > CLIENTS_MAX) {
      const [oldest] = this.#clients;
      oldest![1].close();
      this.#clients.delete(oldest![0]);
    }
    return client;
  }
}
