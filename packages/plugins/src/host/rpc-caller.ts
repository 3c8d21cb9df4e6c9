import type { GobTypeRegistry } from '../wire/gob/registry.ts';
import type { GobSchema, GobValue } from '../wire/gob/types.ts';
import { RpcDecoder, RpcEncoder } from '../wire/rpc.ts';
import { PluginError } from '../errors.ts';

interface Waiting {
  readonly method: string;
  readonly resolve: (body: GobValue) => void;
  readonly reject: (error: Error) => void;
}

/** Calls on one stream of net/rpc, any number at once. */
export class RpcCaller {
  readonly #encoder: RpcEncoder;
  readonly #decoder: RpcDecoder;
  readonly #waiting = new Map<number, Waiting>();
  #send: ((bytes: Uint8Array) => void) | undefined;
  #failure: Error | undefined;
  #nextSeq = 0;

  constructor({ messageBytesMax }: { readonly messageBytesMax: number }, registry: GobTypeRegistry) {
    this.#encoder = new RpcEncoder(registry);
    this.#decoder = new RpcDecoder({ messageBytes: messageBytesMax });
  }

  /** @param broken settles when no answer will come any more */
  attach(send: (bytes: Uint8Array) => void, broken: Promise<Error>): void {
    this.#send = send;
    void broken.then((error) => {
      this.#failure = error;
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    });
  }

  async call(method: string, schema: GobSchema, body: GobValue, signal?: AbortSignal): Promise<GobValue> {
    signal?.throwIfAborted();
    if (this.#failure || !this.#send) throw this.#failure ?? new PluginError('PLUGIN_UNAVAILABLE', 'not connected');
    const seq = this.#nextSeq++;
    const { promise, resolve, reject } = Promise.withResolvers<GobValue>();
    const abort = (): void => reject(signal!.reason as Error);
    this.#waiting.set(seq, { method, resolve, reject });
    signal?.addEventListener('abort', abort, { once: true });
    try {
      this.#send(this.#encoder.request(method, seq, schema, body));
      return await promise;
    } finally {
      this.#waiting.delete(seq);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** No bytes: the other side says nothing more. Throws what `RpcDecoder` throws. */
  receive(bytes: Uint8Array): void {
    if (bytes.length === 0) throw new PluginError('PLUGIN_CRASHED', 'it ended the stream of its answers');
    for (const { seq, error, body } of this.#decoder.push(bytes)) {
      const waiting = this.#waiting.get(seq);
      if (error === '') waiting?.resolve(body);
      else waiting?.reject(new PluginError('PLUGIN_CALL', error, { method: waiting.method }));
    }
  }
}
