import { rpcCodeName } from '@dkron/runtime';
import type { Client, ServiceError } from '@grpc/grpc-js';
import { consoleLogger } from '@dkron/runtime/system';
import { localAddresses, resolveTemplate, TemplateError, type Flag } from '@dkron/config';
import type { Call } from '../command/command.ts';
import { CommandError } from '../errors.ts';

const DEFAULT_ADDRESS = '{{ GetPrivateIP }}:6868';
/** For a connection, as the original; a node that starts is waited for. */
const CONNECT_MS = 10_000;
/** A node that hangs must not hang the command. */
const ANSWER_MS = 60_000;

export const RPC_ADDR: Flag = {
  name: 'rpc-addr',
  type: 'string',
  default: DEFAULT_ADDRESS,
  help: 'address of the node to call; templates are resolved on this machine',
};

interface Method<Request, Answer> {
  readonly path: string;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Answer;
}

/**
 * Calls a method of `types.v1.Dkron` of the node that `--rpc-addr` names.
 * @throws CommandError with the original's text, which is logged too
 */
export async function callNode<Request, Answer>(
  { flags, io }: Call,
  method: Method<Request, Answer>,
  request: Request,
): Promise<Answer> {
  const address = rpcAddressOf(flags.get('rpc-addr')?.at(-1) ?? DEFAULT_ADDRESS);
  const fields = { method: method.path.slice(method.path.lastIndexOf('/') + 1), server_addr: address };
  const fail = (event: string, error: string, hint = ''): never => {
    consoleLogger({ write: io.err }).error(event, { error, ...fields });
    throw new CommandError(error, 1, hint);
  };
  // Loaded only here, so that the other commands start fast.
  const grpc = await import('@grpc/grpc-js');
  const client = new grpc.Client(address, grpc.credentials.createInsecure(), { 'grpc.enable_http_proxy': 0 });
  try {
    if (!(await connected(client))) {
      return fail('grpc: error dialing.', 'context deadline exceeded', `nobody answers at ${address}; see --rpc-addr`);
    }
    return await unary(client, method, request).catch((error: ServiceError) =>
      fail('grpc: Error calling gRPC method', `rpc error: code = ${rpcCodeName(error.code)} desc = ${error.details}`),
    );
  } finally {
    client.close();
  }
}

function rpcAddressOf(template: string): string {
  try {
    return resolveTemplate(template, localAddresses());
  } catch (error) {
    if (error instanceof TemplateError) throw new CommandError(error.message);
    throw error;
  }
}

function connected(client: Client): Promise<boolean> {
  return new Promise((resolve) => client.waitForReady(Date.now() + CONNECT_MS, (error) => resolve(error == null)));
}

function unary<Request, Answer>(client: Client, method: Method<Request, Answer>, request: Request): Promise<Answer> {
  const { path, requestSerialize, responseDeserialize } = method;
  const options = { deadline: Date.now() + ANSWER_MS };
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, options, (error, answer?: Answer) => {
      if (error === null) resolve(answer as Answer);
      else reject(error);
    });
  });
}
