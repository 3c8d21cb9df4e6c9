import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { messageOf } from '@dkron/runtime';
import type { BackupSummary } from '@dkron/store';
import { inspectBackup } from '@dkron/store';
import { CommandError } from '../errors.ts';

const PATH = '/v1/snapshot';

/** The state as a server sends it. @throws CommandError */
export async function fetchSnapshot(url: string, stale: boolean): Promise<AsyncIterable<Uint8Array>> {
  const answer = await asked(url, stale ? `${PATH}?stale=true` : PATH, {});
  if (answer.status !== 200 || answer.body === null) throw await refusal(answer);
  return answer.body;
}

/** Hands a checked file to a server. @returns the body of its answer. @throws CommandError */
export async function sendSnapshot(url: string, file: string): Promise<string> {
  const body = Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>;
  const headers = { 'content-type': 'application/octet-stream', 'content-length': String((await stat(file)).size) };
  const answer = await asked(url, PATH, { method: 'PUT', body, headers, duplex: 'half' });
  if (answer.status !== 200) throw await refusal(answer);
  return await answer.text();
}

/** Writes a state beside its place, checks and syncs it, and only then gives it its name. @throws CommandError */
export async function writeChecked(file: string, chunks: AsyncIterable<Uint8Array>): Promise<BackupSummary> {
  const part = `${file}.${randomBytes(4).toString('hex')}.part`;
  const handle = await open(part, 'wx', 0o600).catch((error: Error) => {
    throw new CommandError(`cannot write ${file}: ${error.message}`);
  });
  try {
    const summary = await inspectBackup(written(handle, chunks));
    await handle.sync();
    await handle.close();
    await rename(part, file);
    await syncFolder(dirname(file));
    return summary;
  } catch (error) {
    await handle.close().catch(() => undefined);
    await rm(part, { force: true });
    throw new CommandError(`${file} was not written: ${messageOf(error)}`);
  }
}

/** Reads a state to its end. @throws CommandError when anything in it is not right */
export async function readChecked(file: string): Promise<{ readonly bytes: number; readonly summary: BackupSummary }> {
  try {
    const { size: bytes } = await stat(file);
    return { bytes, summary: await inspectBackup(createReadStream(file)) };
  } catch (error) {
    throw new CommandError(`${file}: ${messageOf(error)}`);
  }
}

async function* written(handle: FileHandle, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    await handle.writeFile(chunk);
    yield chunk;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  // Not every system lets folders be synced.
  await handle.sync().catch(() => undefined);
  await handle.close();
}

async function asked(url: string, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(new URL(path, url), init);
  } catch (error) {
    const { cause } = error as Error;
    throw new CommandError(`${url} did not answer: ${messageOf(cause ?? error)}; see --api-url`);
  }
}

async function refusal(answer: Response): Promise<CommandError> {
  const text = await answer.text();
  try {
    const { error } = JSON.parse(text) as { readonly error?: unknown };
    if (typeof error === 'string') return new CommandError(error);
  } catch {
    // Not one of ours.
  }
  return new CommandError(`the server answered ${answer.status} ${text.slice(0, 200)}`.trim());
}
