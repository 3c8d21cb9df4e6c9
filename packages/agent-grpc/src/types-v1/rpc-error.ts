import { messageOf } from '@dkron/runtime';
import type { Metadata } from '@grpc/grpc-js';
import { status } from '@grpc/grpc-js';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';

/** A call that ends with a status. The original answers all its errors with Unknown and a text. */
export class RpcError extends Error {
  readonly code: status;

  constructor(details: string, code: status = status.UNKNOWN) {
    super(details);
    this.name = 'RpcError';
    this.code = code;
  }
}

/** For requests that would end the process of the original. */
export function missing(field: string): RpcError {
  return new RpcError(`${field} is missing`, status.INVALID_ARGUMENT);
}

/** A unary handler from a function: what it throws is the status, Unknown with its text when it does not say more. */
export function unary<In, Out>(
  fn: (request: In, metadata: Metadata) => Promise<Out> | Out,
): (call: ServerUnaryCall<In, Out>, callback: sendUnaryData<Out>) => void {
  const run = async (request: In, metadata: Metadata): Promise<Out> => fn(request, metadata);
  return (call, callback) => {
    run(call.request, call.metadata).then(
      (answer) => callback(null, answer),
      (error: unknown) => callback(statusOf(error)),
    );
  };
}

export function statusOf(error: unknown): { readonly code: status; readonly details: string } {
  const details = messageOf(error);
  return { code: error instanceof RpcError ? error.code : status.UNKNOWN, details };
}
