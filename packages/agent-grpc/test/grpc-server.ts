import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';

export type Service = readonly [ServiceDefinition, UntypedServiceImplementation];

/** Serves on the loopback interface. */
export async function serve(...services: readonly Service[]): Promise<{ address: string; server: Server }> {
  const server = new Server();
  for (const [definition, handlers] of services) server.addService(definition, handlers);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  return { address: `127.0.0.1:${port}`, server };
}
