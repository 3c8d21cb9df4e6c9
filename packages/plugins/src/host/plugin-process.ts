import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { constants } from 'node:os';
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type { Logger, Timers } from '@dkron/runtime';
import type { Handshake, PluginProtocol } from '../wire/handshake.ts';
import { checkHandshake, HandshakeReader } from '../wire/handshake.ts';
import { causeText, PluginError } from '../errors.ts';
import { pluginEnvironment } from './environment.ts';
import { PluginLog } from './plugin-log.ts';
import { checkSocket } from './socket-check.ts';

export interface PluginProcessOptions {
  /** `executor-kafka`. */
  readonly id: string;
  readonly path: string;
  /** Of `GUARD_SCRIPT`. */
  readonly guardPath: string;
  /** What it may speak: versions of the application's protocol, and what each of them means. */
  readonly speaks: Readonly<Record<number, PluginProtocol>>;
  /** Made for it, with nobody else's access, and removed after its end. */
  readonly directory: string;
  /** Variables to pass on besides the usual ones. */
  readonly passEnvironment: readonly string[];
  /** From its start to the line that says where it listens. */
  readonly startTimeoutMs: number;
  /** Ends the start. */
  readonly signal: AbortSignal;
}

export interface PluginProcessModules {
  readonly timers: Timers;
  readonly logger: Logger;
}

const DRAIN_AFTER_EXIT_MS = 200;

/** A plugin's process: it has said where it listens, and its output is read until its end. */
export class PluginProcess {
  readonly handshake: Handshake;
  readonly directory: string;
  /** How it ended, in words; settles once. */
  readonly exited: Promise<string>;
  readonly #guard: Guard;

  private constructor(guard: Guard, handshake: Handshake, directory: string) {
    this.#guard = guard;
    this.handshake = handshake;
    this.directory = directory;
    this.exited = guard.exited;
  }

  /** Throws {@link PluginError} `PLUGIN_START`; nothing of it runs then. */
  static async start(options: PluginProcessOptions, modules: PluginProcessModules): Promise<PluginProcess> {
    mkdirSync(options.directory, { mode: 0o700 });
    const guard = new Guard(options, modules);
    try {
      const handshake = await firstLine(options, guard, modules.timers);
      const appVersions = versionsOf(options);
      const { [handshake.appVersion]: protocol } = options.speaks;
      checkHandshake(handshake, { appVersions, protocols: protocol ? [protocol] : [] });
      checkSocket(handshake);
      return new PluginProcess(guard, handshake, options.directory);
    } catch (error) {
      guard.kill('SIGKILL');
      await guard.exited;
      const words = guard.lastWords === '' ? '' : `; it said: ${guard.lastWords}`;
      throw new PluginError(
        'PLUGIN_START',
        `plugin ${options.id} (${options.path}) did not start: ${causeText(error)}${words}`,
        { plugin: options.id, path: options.path },
        { cause: error },
      );
    }
  }

  /** Of the process group. */
  get pid(): number {
    return this.#guard.pid;
  }

  /** What it last said about itself, on one line; for reports of its end. */
  get lastWords(): string {
    return this.#guard.lastWords;
  }

  /** To the whole process group; nothing happens when it has ended. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    this.#guard.kill(signal);
  }
}

/** The shell around the plugin, and its pipes. */
class Guard {
  readonly exited: Promise<string>;
  readonly stdout: Readable;
  readonly #child: ChildProcess;
  readonly #log: PluginLog;
  #isOver = false;

  constructor(options: PluginProcessOptions, { timers, logger }: PluginProcessModules) {
    const { directory, path, guardPath, passEnvironment } = options;
    // eslint-disable-next-line -- the environment is what is handed on
    const env = pluginEnvironment(process.env, passEnvironment, directory, versionsOf(options));
    this.#child = spawn('/bin/sh', [guardPath, directory, path], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env,
    });
    this.#log = new PluginLog({ timers, logger });
    this.stdout = this.#child.stdout!;
    const control = this.#child.stdio[3] as Socket;
    for (const stream of [this.stdout, this.#child.stderr!, control]) stream.on('error', () => {});
    this.#child.stderr!.on('data', (bytes: Buffer) => this.#log.stderr(bytes));
    control.once('data', (bytes: Buffer) => logger.debug('plugin: process', { pid: Number(bytes.toString().trim()) }));
    this.exited = new Promise((resolve) => {
      const end = (how: string): void => {
        if (this.#isOver) return;
        // What it forked must neither go on nor keep its pipes open.
        this.kill('SIGKILL');
        this.#isOver = true;
        // What it said last is still in the pipe.
        timers.after(DRAIN_AFTER_EXIT_MS, () => {
          this.#log.end();
          for (const stream of [this.stdout, this.#child.stderr!, control]) stream.destroy();
          rmSync(directory, { recursive: true, force: true });
          resolve(how);
        });
      };
      this.#child.once('error', (error) => end(causeText(error)));
      this.#child.once('exit', (code, signal) => end(exitText(code, signal)));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get lastWords(): string {
    return this.#log.lastWords;
  }

  kill(signal: 'SIGTERM' | 'SIGKILL'): void {
    if (this.#isOver || this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch {
      // It has ended.
    }
  }

  /** What comes on standard output after the handshake has no meaning, but must be read. */
  logStdout(bytes: Uint8Array): void {
    this.#log.stdout(bytes);
  }
}

function versionsOf({ speaks }: PluginProcessOptions): number[] {
  return Object.keys(speaks).map(Number);
}

function firstLine({ startTimeoutMs, signal }: PluginProcessOptions, guard: Guard, timers: Timers): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    const reader = new HandshakeReader();
    const cancel = timers.after(startTimeoutMs, () => reject(new Error(`no handshake within ${startTimeoutMs} ms`)));
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    const settle = (): void => {
      cancel();
      signal.removeEventListener('abort', abort);
      guard.stdout.off('data', read);
      guard.stdout.on('data', (bytes: Buffer) => guard.logStdout(bytes));
    };
    const read = (bytes: Buffer): void => {
      try {
        const found = reader.push(bytes);
        if (!found) return;
        settle();
        if (found.rest.length > 0) guard.logStdout(found.rest);
        resolve(found.handshake);
      } catch (error) {
        settle();
        reject(error as Error);
      }
    };
    guard.stdout.on('data', read);
    void guard.exited.then((how) => {
      settle();
      reject(new Error(`it ended before its handshake: ${how}`));
    });
  });
}

const SIGNALLED = 128;

function exitText(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal !== null) return `signal ${signal}`;
  if (code === 126) return 'the program cannot be executed';
  // As shells say it.
  const found = Object.entries(constants.signals).find(([, number]) => number + SIGNALLED === code);
  return found ? `signal ${found[0]}` : `exit status ${code}`;
}
