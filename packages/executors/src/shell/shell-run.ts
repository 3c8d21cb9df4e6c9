import type { Cancel, Timers } from '@dkron/runtime';
import { formatDurationMs } from '../durations.ts';
import { CANCELLED, failed, SUCCEEDED } from '../results.ts';
import { SpawnHelperError, type EndNote, type SpawnedRun, type SpawnHelper } from '../spawn-helper/index.ts';
import type { ExecuteContext, ExecuteRequest, ExecuteResult } from '../types.ts';
import type { ShellCommand } from './command.ts';
import { endText } from './end-text.ts';
import type { MemoryWatch } from './memory-watch.ts';

export interface ShellRunModules {
  readonly spawnHelper: SpawnHelper;
  readonly timers: Timers;
  readonly memoryWatch: MemoryWatch;
}

/** `timeout` is the attempt's own limit, `command_timeout` the one in the command's configuration. */
type StopCause = 'cancelled' | 'timeout' | 'command_timeout' | 'memory';

const encoder = new TextEncoder();

/** One attempt from start to end. */
export class ShellRun {
  readonly #command: ShellCommand;
  readonly #request: ExecuteRequest;
  readonly #context: ExecuteContext;
  readonly #modules: ShellRunModules;
  readonly #cleanUp: Cancel[] = [];
  #run: SpawnedRun | undefined;
  #stopCause: StopCause | undefined;
  #killed = false;
  /** Said after the command's own output. */
  #lastWords = '';
  #over = false;

  constructor(command: ShellCommand, request: ExecuteRequest, context: ExecuteContext, modules: ShellRunModules) {
    this.#command = command;
    this.#request = request;
    this.#context = context;
    this.#modules = modules;
  }

  async execute(): Promise<ExecuteResult> {
    this.#run = this.#modules.spawnHelper.spawn(this.#command.spawn, {
      started: (note) => this.#started(note.pid, note.startTime),
      output: (chunk, stderr) => this.#context.output(chunk, stderr),
    });
    this.#watchSignal();
    this.#watchTime();
    try {
      return this.#result(await this.#run.ended);
    } catch (error) {
      if (error instanceof SpawnHelperError) return failed(error.message);
      throw error;
    } finally {
      this.#over = true;
      for (const cancel of this.#cleanUp) cancel();
    }
  }

  #started(pid: number, startTime: string | undefined): void {
    this.#context.started?.(startTime === undefined ? { processGroup: pid } : { processGroup: pid, startTime });
    const { memoryBytesMax } = this.#command;
    if (memoryBytesMax === undefined || this.#over) return;
    const exceeded = (bytes: number): void => {
      this.#lastWords ||= `${this.#command.subject} memory usage (${bytes} bytes) exceeding defined limit (${memoryBytesMax} bytes). Job was killed`;
      this.#kill('memory');
    };
    this.#cleanUp.push(this.#modules.memoryWatch.watch(pid, memoryBytesMax, exceeded));
  }

  #watchSignal(): void {
    const { signal } = this.#context;
    const cancel = (): void => this.#terminate('cancelled');
    signal.addEventListener('abort', cancel, { once: true });
    this.#cleanUp.push(() => signal.removeEventListener('abort', cancel));
    if (signal.aborted) cancel();
  }

  #watchTime(): void {
    const { timers } = this.#modules;
    const { timeoutMs, subject } = this.#command;
    if (timeoutMs !== undefined) {
      const exceeded = (): void => {
        this.#lastWords ||= `${subject} execution time exceeding defined timeout ${formatDurationMs(timeoutMs)}. Job was killed`;
        this.#kill('command_timeout');
      };
      this.#cleanUp.push(afterLong(timers, Math.max(0, timeoutMs), exceeded));
    }
    if (this.#request.timeoutMs !== undefined) {
      this.#cleanUp.push(afterLong(timers, this.#request.timeoutMs, () => this.#terminate('timeout')));
    }
  }

  #kill(cause: StopCause): void {
    this.#stopCause ??= cause;
    if (this.#killed) return;
    this.#killed = true;
    this.#run?.kill('SIGKILL');
  }

  /** Asks the group to end, and kills what is left of it after the grace. */
  #terminate(cause: StopCause): void {
    if (this.#stopCause) return;
    this.#stopCause = cause;
    this.#run?.kill('SIGTERM');
    this.#cleanUp.push(this.#modules.timers.after(this.#request.killGraceMs, () => this.#kill(cause)));
  }

  #result(note: EndNote): ExecuteResult {
    if (this.#lastWords !== '') this.#context.output(encoder.encode(this.#lastWords), true);
    switch (this.#stopCause) {
      case 'cancelled':
        return CANCELLED;
      case 'command_timeout':
        return failed('signal: killed', 'timeout');
      case 'memory':
        return failed('signal: killed');
      case 'timeout':
        return failed(
          `execution time exceeded the timeout of ${formatDurationMs(this.#request.timeoutMs ?? 0)}`,
          'timeout',
        );
      case undefined:
        return ended(note, this.#command);
    }
  }
}

function ended(note: EndNote, command: ShellCommand): ExecuteResult {
  const error = endText(note, command.program, command.spawn.cwd);
  if (error === '') return { ...SUCCEEDED, exitCode: 0 };
  if (note.failure !== undefined) return failed(error);
  return note.exitCode === undefined ? failed(error, 'exit') : { ...failed(error, 'exit'), exitCode: note.exitCode };
}

const TIMER_MS_MAX = 2 ** 31 - 1;

/** A timer without the platform's limit of 24 days. */
function afterLong(timers: Timers, delayMs: number, fn: () => void): Cancel {
  const hopMs = Math.min(delayMs, TIMER_MS_MAX);
  let cancel = timers.after(hopMs, () => {
    if (delayMs > hopMs) cancel = afterLong(timers, delayMs - hopMs, fn);
    else fn();
  });
  return () => cancel();
}
