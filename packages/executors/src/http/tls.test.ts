import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { attempt } from '../../test/attempt.ts';
import { httpExecutor } from './index.ts';

const CERT = join(import.meta.dirname, '../../testdata/localhost-cert.pem');
const KEY = join(import.meta.dirname, '../../testdata/localhost-key.pem');

const executor = httpExecutor();
let server: Server;
let url: string;

beforeAll(async () => {
  const cert = readFileSync(CERT);
  const options = { cert, key: readFileSync(KEY), ca: cert, requestCert: true, rejectUnauthorized: false };
  server = createServer(options, (request, response) => {
    const socket = request.socket as TLSSocket;
    response.end(request.url === '/again' ? String(socket.isSessionReused()) : socket.authorized ? 'known' : 'unknown');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `https://localhost:${(server.address() as AddressInfo).port}/`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

it('refuses a certificate nobody vouches for', async () => {
  const { result } = await attempt(executor, { method: 'GET', url });
  const cause = 'tls: failed to verify certificate: x509: certificate signed by unknown authority';
  expect(result).toEqual({ success: false, error: `Get "${url}": ${cause}`, reason: 'executor' });
});

it.each([
  [{ tlsNoVerifyPeer: 'true' }, 'unknown'],
  [{ tlsRootCAsFile: CERT }, 'unknown'],
  [{ tlsRootCAsFile: CERT, tlsCertificateFile: CERT, tlsCertificateKeyFile: KEY }, 'known'],
])('%j', async (config, text) => {
  const run = await attempt(executor, { method: 'GET', url, ...(config as Record<string, string>) });
  expect([run.result.error, run.stdout]).toEqual(['', text]);
});

it('makes the next handshake with a host shorter, and only with the same files', async () => {
  const again = { method: 'GET', url: `${url}again`, tlsRootCAsFile: CERT };
  const own = httpExecutor();
  expect((await attempt(own, again)).stdout).toBe('false');
  expect((await attempt(own, again)).stdout).toBe('true');
  expect((await attempt(own, { ...again, tlsCertificateFile: CERT, tlsCertificateKeyFile: KEY })).stdout).toBe('false');
});
