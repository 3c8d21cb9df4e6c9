import { request as httpRequest } from 'node:http';
import { assertDocumented } from '../support/documented.ts';
import type { RecordedRequest } from './scenario.ts';
import { stringifyExact } from './json.ts';

const TIMEOUT_MS = 30_000;

export interface Answer {
  /** 0 = nothing that is HTTP came back. */
  readonly status: number;
  /** Lower-case names; values read as UTF-8. */
  readonly headers: Readonly<Record<string, string>>;
  /** As they were written. */
  readonly names: readonly string[];
  readonly text: string;
}

/** Sends a request exactly as recorded, on a connection of its own: the path as it stands, any method. */
export function send(to: { readonly host: string; readonly port: number }, recorded: RecordedRequest): Promise<Answer> {
  const body = bodyOf(recorded);
  const headers: Record<string, string> = { ...recorded.headers };
  const named = (name: string): boolean => Object.keys(headers).some((key) => key.toLowerCase() === name);
  if (recorded.body !== undefined && !named('content-type')) headers['Content-Type'] = 'application/json';
  if (body !== undefined) headers['Content-Length'] = String(body.length);
  return new Promise((resolve, reject) => {
    const { method, path } = recorded;
    const options = { ...to, method, path, headers, agent: false, timeout: TIMEOUT_MS, setHost: !named('host') };
    const sent = httpRequest(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const { statusCode: status = 0, headers: found } = response;
        try {
          assertDocumented({ method, path, status, contentType: found['content-type'], text });
          const { rawHeaders: raw } = response;
          resolve({ status, headers: readHeaders(raw), names: raw.filter((_, i) => i % 2 === 0), text });
        } catch (error) {
          reject(error as Error);
        }
      });
    });
    sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer within ${TIMEOUT_MS} ms`)));
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET')
        resolve({ status: 0, headers: {}, names: [], text: '' });
      else reject(error);
    });
    sent.end(body);
  });
}

function bodyOf(recorded: RecordedRequest): Buffer | undefined {
  if (recorded.body !== undefined) return Buffer.from(stringifyExact(recorded.body));
  if (recorded.body_text !== undefined) return Buffer.from(recorded.body_text);
  return recorded.body_base64 === undefined ? undefined : Buffer.from(recorded.body_base64, 'base64');
}

function readHeaders(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i < raw.length; i += 2) {
    headers[raw[i]!.toLowerCase()] = Buffer.from(raw[i + 1]!, 'latin1').toString('utf8');
  }
  return headers;
}
