import type { Client, ClientDuplexStream, Metadata, StatusObject } from '@grpc/grpc-js';

export type BytesCall = ClientDuplexStream<Uint8Array, Buffer>;

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/**
 * Any call, as bytes: on the wire one that takes or gives one message is a stream with one. Ends with its status, never
 * throws.
 */
export function openCall(client: Client, path: string, metadata: Metadata, signal: AbortSignal): BytesCall {
  const call = client.makeBidiStreamRequest<Uint8Array, Buffer>(path, asBuffer, (bytes) => bytes, metadata, {});
  // The status says the same.
  call.on('error', () => {});
  const cancel = (): void => call.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  call.on('status', () => signal.removeEventListener('abort', cancel));
  if (signal.aborted) call.cancel();
  return call;
}

export function statusOf(call: BytesCall): Promise<StatusObject> {
  return new Promise((resolve) => call.on('status', resolve));
}
