import { request } from 'node:http';

export interface RawAnswer {
  readonly status: number | undefined;
  /** Names and values as they were sent, without the date. */
  readonly headers: readonly string[];
  readonly body: string;
}

export interface RawRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | number>>;
  /** @default none */
  readonly body?: string;
}

/** With the names of headers as they come. */
export function sendRaw(url: string, { method, headers, body }: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const { rawHeaders } = answer;
        const kept = rawHeaders.filter((_, i) => rawHeaders[i - (i % 2)] !== 'Date');
        resolve({ status: answer.statusCode, headers: kept, body: Buffer.concat(chunks).toString() });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
