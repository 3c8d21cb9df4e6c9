import { once } from 'node:events';
import { createServer, type Http2Server } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { check, rpcPort } from '../health.mjs';

describe('the health check of the images', () => {
  let server: Http2Server | undefined;
  afterEach(() => void server?.close());

  /** A node that answers every health check with these bytes. */
  async function answering(message: readonly number[]): Promise<{ port: number; asked: Buffer[] }> {
    const asked: Buffer[] = [];
    server = createServer();
    server.on('stream', (stream, headers) => {
      if (headers[':path'] !== '/grpc.health.v1.Health/Check') return stream.destroy();
      stream.on('data', (chunk: Buffer) => void asked.push(chunk));
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' });
      return stream.end(Buffer.from(message));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return { port: (server.address() as AddressInfo).port, asked };
  }

  it('is content with SERVING and with nothing else', async () => {
    const { port, asked } = await answering([0, 0, 0, 0, 2, 8, 1]);
    expect(await check(port, '')).toBe(true);
    expect(await check(port, 'ready')).toBe(true);
    expect(asked.map((bytes) => bytes.toString('latin1'))).toEqual(['\0\0\0\0\0', '\0\0\0\0\x07\n\x05ready']);
    server?.close();
    expect(await check((await answering([0, 0, 0, 0, 2, 8, 2])).port, '')).toBe(false);
    server?.close();
    expect(await check((await answering([])).port, '')).toBe(false);
    expect(await check(1, '')).toBe(false);
  });

  it('asks the port that the node was given', () => {
    expect(rpcPort('node\0main.js\0agent', {})).toBe(6868);
    expect(rpcPort('node\0main.js\0agent', { DKRON_RPC_PORT: '7000' })).toBe(7000);
    expect(rpcPort('node\0main.js\0--rpc-port=7001', { DKRON_RPC_PORT: '7000' })).toBe(7001);
    expect(rpcPort('docker-init\0--\0node\0main.js\0--rpc-port\x007002', {})).toBe(7002);
  });
});
