import { Metadata } from '@grpc/grpc-js';

const KEY = 'dkron-reason-bin';
const REASON_BYTES_MAX = 1024;

/** Trailers that say why a server ended a stream. */
export function reasonMetadata(reason: string): Metadata {
  const metadata = new Metadata();
  metadata.set(KEY, Buffer.from(reason).subarray(0, REASON_BYTES_MAX));
  return metadata;
}

/** Why the server ended the stream, if it said so. */
export function reasonOf(metadata: Metadata): string | undefined {
  const [value] = metadata.get(KEY);
  return value === undefined ? undefined : value.toString();
}
