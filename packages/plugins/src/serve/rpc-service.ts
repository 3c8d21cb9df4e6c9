import type { GobTypeRegistry } from '../wire/gob/registry.ts';
import type { GobSchema, GobValue } from '../wire/gob/types.ts';
import { RpcDecoder, RpcEncoder } from '../wire/rpc.ts';
import { causeText } from '../errors.ts';

/** Answers calls of one method. What it throws is the answer's error. */
export interface RpcMethod {
  readonly schema: GobSchema;
  readonly call: (body: GobValue) => GobValue | Promise<GobValue>;
}

/** Calls that come on one stream of net/rpc, answered in the order in which they are done. */
export class RpcService {
  readonly #methods: Readonly<Record<string, RpcMethod>>;
  readonly #decoder = new RpcDecoder();
  readonly #encoder: RpcEncoder;
  readonly #send: (bytes: Uint8Array) => void;

  constructor(
    methods: Readonly<Record<string, RpcMethod>>,
    registry: GobTypeRegistry,
    send: (bytes: Uint8Array) => void,
  ) {
    this.#methods = methods;
    this.#encoder = new RpcEncoder(registry);
    this.#send = send;
  }

  /** Throws what `RpcDecoder` throws. */
  receive(bytes: Uint8Array): void {
    for (const { serviceMethod, seq, body } of this.#decoder.push(bytes)) void this.#answer(serviceMethod, seq, body);
  }

  async #answer(serviceMethod: string, seq: number, body: GobValue): Promise<void> {
    const method = Object.hasOwn(this.#methods, serviceMethod) ? this.#methods[serviceMethod] : undefined;
    let bytes: Uint8Array;
    try {
      if (!method) throw new Error(`rpc: can't find method ${serviceMethod}`);
      const result = await method.call(body);
      bytes = this.#encoder.response(serviceMethod, seq, method.schema, result);
    } catch (error) {
      bytes = this.#encoder.failure(serviceMethod, seq, causeText(error) || 'failed');
    }
    this.#send(bytes);
  }
}
