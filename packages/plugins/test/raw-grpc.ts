import type { MethodDefinition, UntypedHandleCall } from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';

/** Bytes as they are. */
export const asIs = (bytes: Buffer): Buffer => bytes;

/** A method whose messages are bytes. */
export function rawMethod(
  path: string,
  streams: 'none' | 'answers' | 'both' = 'none',
): MethodDefinition<Buffer, Buffer> {
  return {
    path,
    requestStream: streams === 'both',
    responseStream: streams !== 'none',
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
}

/** A server of such methods on a socket. */
export async function rawServer(
  socketPath: string,
  methods: readonly (readonly [MethodDefinition<Buffer, Buffer>, UntypedHandleCall])[],
): Promise<Server> {
  const server = new Server();
  for (const [method, handle] of methods) server.addService({ [method.path]: method }, { [method.path]: handle });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socketPath}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  return server;
}
