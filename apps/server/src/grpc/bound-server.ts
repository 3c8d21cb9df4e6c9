import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { ServerGrpc } from '@nestjs/microservices';
import type { GrpcOptions } from '@nestjs/microservices';

/** A service whose streams are taken raw, without Nest's observables in between. */
export interface RawService {
  readonly service: ServiceDefinition;
  readonly handlers: UntypedServiceImplementation;
}

/**
 * Nest's gRPC strategy, which listens only when every service is there: a call that came before would be answered as
 * unknown, and that is how a node of the original is recognized.
 */
export class BoundGrpcServer extends ServerGrpc {
  readonly #options: NonNullable<GrpcOptions['options']>;
  readonly #raw: readonly RawService[];
  #server: Server | undefined;
  #port = 0;

  constructor(options: NonNullable<GrpcOptions['options']>, raw: readonly RawService[]) {
    super(options);
    this.#options = options;
    this.#raw = raw;
  }

  /** Where it listens; 0 before. */
  get port(): number {
    return this.#port;
  }

  override async createClient(): Promise<Server> {
    this.#server = new Server(this.#options.channelOptions as object);
    for (const { service, handlers } of this.#raw) this.#server.addService(service, handlers);
    return this.#server;
  }

  override async start(callback?: () => void): Promise<void> {
    await this.bindEvents();
    this.#port = await new Promise<number>((resolve, reject) => {
      this.#server!.bindAsync(this.#options.url!, ServerCredentials.createInsecure(), (error, port) => {
        if (error === null) resolve(port);
        else reject(error);
      });
    });
    callback?.();
  }
}
