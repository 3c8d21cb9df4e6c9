import { createServer } from 'node:http2';
import type { ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { RaftNode } from '@dkron/raft';
import { grpcFrame } from './put-request.ts';

const HEADERS = { ':status': 200, 'content-type': 'application/grpc' };
const FRAME_HEAD = 5;

/** `etcdserverpb.KV/Put` over node:http2, in front of `node`. Returns the port. */
export async function serveFacade(node: RaftNode): Promise<number> {
  const server = createServer();
  server.on('stream', (stream) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => void chunks.push(chunk));
    stream.on('end', () => void put(node, stream, Buffer.concat(chunks).subarray(FRAME_HEAD)));
    stream.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function put(node: RaftNode, stream: ServerHttp2Stream, request: Uint8Array): Promise<void> {
  try {
    const { index, term } = await node.apply(request);
    if (stream.destroyed) return;
    stream.respond(HEADERS, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(grpcFrame(putResponse(index, term)));
  } catch (error) {
    if (!stream.destroyed) stream.respond({ ...HEADERS, 'grpc-status': '14' }, { endStream: true });
    process.stderr.write(`${String(error)}\n`);
  }
}

/** `PutResponse` with a header of revision and term. */
function putResponse(revision: number, term: number): Buffer {
  const header = [0x18, ...varint(revision), 0x20, ...varint(term)];
  return Buffer.from([0x0a, header.length, ...header]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return [...bytes, rest];
}
