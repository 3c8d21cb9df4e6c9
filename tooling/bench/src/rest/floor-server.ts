/**
 * A process of its own: bare node:http. `bytes <file>` answers every request with the file's bytes; `append <file>`
 * appends each body to the file, one write and one fdatasync for all that came meanwhile, then answers 201 with the
 * body. Prints its port.
 */
import { fdatasync, openSync, readFileSync, write } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';

const JSON_TYPE = 'application/json; charset=utf-8';
const [mode, file = ''] = process.argv.slice(2);

const server = mode === 'append' ? appending(openSync(file, 'a')) : serving(readFileSync(file));
server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as { port: number };
  process.stdout.write(`${port}\n`);
});

function serving(body: Buffer): ReturnType<typeof createServer> {
  // A short text is written together with the head, bytes are not copied into a new one: the faster way of each.
  const answer = body.length < 16_384 ? body.toString() : body;
  return createServer((_request, response) => {
    response.writeHead(200, { 'content-type': JSON_TYPE, 'content-length': body.length });
    response.end(answer);
  });
}

function appending(fd: number): ReturnType<typeof createServer> {
  let waiting: { readonly body: Buffer; readonly response: ServerResponse }[] = [];
  let isFlushing = false;
  const flush = (): void => {
    const batch = waiting;
    waiting = [];
    const bytes = Buffer.concat(batch.map(({ body }) => body));
    write(fd, bytes, 0, bytes.length, null, (writeError) => {
      if (writeError) throw writeError;
      fdatasync(fd, (syncError) => {
        if (syncError) throw syncError;
        for (const { body, response } of batch) {
          response.writeHead(201, { 'content-type': JSON_TYPE, 'content-length': body.length });
          response.end(body);
        }
        isFlushing = waiting.length > 0;
        if (isFlushing) flush();
      });
    });
  };
  return createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      waiting.push({ body: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), response });
      if (isFlushing) return;
      isFlushing = true;
      setImmediate(flush);
    });
  });
}
