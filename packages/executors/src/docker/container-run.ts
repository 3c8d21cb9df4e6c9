import type { Duplex } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Logger, Timers } from '@dkron/runtime';
import { AttemptError, type LimitedAttempt } from '../kit/limited-attempt.ts';
import { Demultiplexer } from './demultiplex.ts';
import { type Engine, EngineError } from './engine.ts';
import { ensureImage } from './images.ts';
import type { Leftovers } from './leftovers.ts';
import type { DockerSettings } from './settings.ts';

/** What a run is made of. */
export interface ContainerRunModules {
  readonly engine: Engine;
  readonly timers: Timers;
  readonly logger: Logger;
  readonly leftovers: Leftovers;
  /** Milliseconds between asking a container to end and killing it. */
  readonly killGraceMs: number;
}

/** The engine may take so long for what ends a container. */
const CLEAN_UP_MS = 20_000;
/** The engine may take so long for each step to a running container. */
const START_MS = 120_000;
/** Output that is under way when the container has ended. */
const DRAIN_MS = 5_000;
const MS_PER_SECOND = 1_000;
const NOT_FOUND = 404;

/** Runs one container from its creation to its removal. Resolves with its exit code; when it ends, the container is gone. */
export async function runContainer(
  settings: DockerSettings,
  attempt: LimitedAttempt,
  modules: ContainerRunModules,
): Promise<number> {
  const { engine } = modules;
  const { signal } = attempt;
  await ensureImage(engine, settings, signal);
  signal.throwIfAborted();
  // Not aborted: of a container that came about somebody has to know.
  const id = await create(settings, signal, modules);
  try {
    return await follow(id, settings, attempt, modules);
  } finally {
    await remove(id, modules);
  }
}

async function create(
  { container }: DockerSettings,
  attempt: AbortSignal,
  { engine, timers }: ContainerRunModules,
): Promise<string> {
  const path = '/containers/create';
  const { json } = await limited(timers, (signal) => engine.call({ method: 'POST', path, body: container, signal }), {
    attempt,
  });
  const { Id: id } = (json ?? {}) as { readonly Id?: unknown };
  if (typeof id === 'string' && /^[0-9a-f]+$/i.test(id)) return id;
  throw new AttemptError('docker: the engine created a container and gave it no id');
}

async function follow(
  id: string,
  { payload }: DockerSettings,
  { signal, print }: LimitedAttempt,
  modules: ContainerRunModules,
): Promise<number> {
  const { engine, timers } = modules;
  signal.throwIfAborted();
  const attach = `/containers/${id}/attach?stream=1&stdin=1&stdout=1&stderr=1`;
  const stream = await limited(timers, (limit) => engine.attach({ path: attach, signal: limit }), { attempt: signal });
  const drained = readOutput(stream, print);
  const over = new AbortController();
  try {
    await limited(
      timers,
      (limit) => engine.call({ method: 'POST', path: `/containers/${id}/start`, body: {}, signal: limit }),
      { attempt: signal },
    );
    stream.end(payload);
    const waiting = engine.call({ method: 'POST', path: `/containers/${id}/wait`, signal: over.signal });
    waiting.catch(() => {});
    const stopping = stopOnAbort(id, { signal, over: over.signal }, modules);
    const { json } = await Promise.race([waiting, stopping.failed]).finally(stopping.forget);
    await within(timers, DRAIN_MS, drained);
    return await exitCodeOf(id, json, modules);
  } finally {
    over.abort();
    stream.destroy();
  }
}

/** Asks it to end, then kills it; rejects when the engine does neither. */
function stopOnAbort(
  id: string,
  { signal, over }: { readonly signal: AbortSignal; readonly over: AbortSignal },
  { engine, timers, killGraceMs }: ContainerRunModules,
): { readonly failed: Promise<never>; readonly forget: () => void } {
  const failed = Promise.withResolvers<never>();
  failed.promise.catch(() => {});
  const stop = async (): Promise<void> => {
    const path = `/containers/${id}/stop?t=${Math.ceil(killGraceMs / MS_PER_SECOND)}`;
    await limited(timers, (limit) => engine.call({ method: 'POST', path, signal: limit }), { waitMs: killGraceMs });
    // It has ended: what waits for it knows soon.
    await timers.sleep(CLEAN_UP_MS, over);
    throw new AttemptError('docker: the engine did not tell the end of the container');
  };
  const onAbort = (): void => void stop().catch(failed.reject);
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  return { failed: failed.promise, forget: () => signal.removeEventListener('abort', onAbort) };
}

async function readOutput(stream: Duplex, print: LimitedAttempt['print']): Promise<void> {
  const frames = new Demultiplexer(print);
  stream.on('data', (bytes: Buffer) => {
    try {
      frames.add(bytes);
    } catch (error) {
      stream.destroy(error as Error);
    }
  });
  // The end of the container is told by another request.
  await finished(stream, { writable: false }).catch(() => {});
}

async function exitCodeOf(id: string, waited: unknown, { engine, timers }: ContainerRunModules): Promise<number> {
  const { StatusCode: code, Error: problem } = (waited ?? {}) as WaitAnswer;
  if (problem?.Message) throw new AttemptError(`docker: ${problem.Message}`);
  if (typeof code !== 'number') throw new AttemptError('docker: the engine told no exit status');
  if (code === 0) return 0;
  const { json } = await limited(timers, (signal) =>
    engine.call({ method: 'GET', path: `/containers/${id}/json`, signal }),
  );
  const { State: state } = (json ?? {}) as InspectAnswer;
  if (state?.OOMKilled === true) throw new AttemptError('docker: the container was killed: it used all its memory');
  return code;
}

interface WaitAnswer {
  readonly StatusCode?: unknown;
  readonly Error?: { readonly Message?: string } | null;
}

interface InspectAnswer {
  readonly State?: { readonly OOMKilled?: boolean };
}

/** With its anonymous volumes, whatever it does; later when the engine is away. */
async function remove(id: string, { engine, timers, logger, leftovers }: ContainerRunModules): Promise<void> {
  const removeNow = async (container: string): Promise<void> => {
    try {
      const path = `/containers/${container}?force=1&v=1`;
      await limited(timers, (signal) => engine.call({ method: 'DELETE', path, signal }));
    } catch (error) {
      if (!(error instanceof EngineError && error.status === NOT_FOUND)) throw error;
    }
  };
  try {
    await removeNow(id);
  } catch (error) {
    logger.warn('docker: a container could not be removed yet', { container: id, error });
    leftovers.add(id, removeNow, logger);
  }
}

/** What a call may take: {@link START_MS} before its attempt is stopped, and {@link CLEAN_UP_MS} after that or without one. */
async function limited<T>(
  timers: Timers,
  call: (signal: AbortSignal) => Promise<T>,
  { waitMs = 0, attempt }: { readonly waitMs?: number; readonly attempt?: AbortSignal } = {},
): Promise<T> {
  const stop = new AbortController();
  const giveUp = (): void => stop.abort(new AttemptError('docker: the engine does not answer'));
  let cancel = timers.after(attempt === undefined ? CLEAN_UP_MS + waitMs : START_MS, giveUp);
  const hurry = (): void => {
    cancel();
    cancel = timers.after(CLEAN_UP_MS, giveUp);
  };
  attempt?.addEventListener('abort', hurry, { once: true });
  try {
    return await call(stop.signal);
  } catch (error) {
    throw stop.signal.aborted ? stop.signal.reason : error;
  } finally {
    attempt?.removeEventListener('abort', hurry);
    cancel();
  }
}

async function within(timers: Timers, delayMs: number, done: Promise<void>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const cancel = timers.after(delayMs, resolve);
  await Promise.race([done, promise]);
  cancel();
}
