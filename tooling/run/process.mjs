// Child processes: run to the end, signals passed on.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { root } from './toolchain.mjs';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const CAPTURE_BYTES_MAX = 4 * 1024 * 1024;

/** A step that failed; `run.mjs` exits with its code. */
export class StepFailed extends Error {
  constructor(command, code, signal) {
    super(`${command} ${signal ? `was ended by ${signal}` : `failed with exit code ${code}`}`);
    this.exitCode = signal ? 128 + (constants.signals[signal] ?? 0) : code;
  }
}

/** True when a terminal sends its own signals to the whole foreground group, the child included. */
const atTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;

/**
 * Runs a command and passes SIGINT, SIGTERM and SIGHUP on to it.
 * @returns {Promise<{ code: number | null, signal: NodeJS.Signals | null, output: string }>}
 */
export function execute(command, args, { env, cwd = root, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit';
    const child = spawn(command, args, {
      cwd,
      env,
      stdio,
      shell: process.platform === 'win32' && !command.endsWith('.exe'),
    });
    const chunks = [];
    let size = 0;
    const keep = (chunk) => {
      if (size < CAPTURE_BYTES_MAX) chunks.push(chunk);
      size += chunk.length;
    };
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    const forward = (signal) => {
      if (signal === 'SIGINT' && atTerminal) return;
      child.kill(signal);
    };
    for (const signal of FORWARDED) process.on(signal, forward);
    const done = () => {
      for (const signal of FORWARDED) process.off(signal, forward);
    };
    child.on('error', (error) => {
      done();
      reject(error);
    });
    child.on('close', (code, signal) => {
      done();
      resolve({ code, signal, output: Buffer.concat(chunks).toString('utf8') });
    });
  });
}

/** Like {@link execute}, but a failure throws; with `quiet` the captured output then goes to standard error. */
export async function run(command, args, options = {}) {
  const { code, signal, output } = await execute(command, args, options);
  if (code === 0) return;
  if (output) process.stderr.write(output);
  throw new StepFailed(`${command} ${args.slice(0, 3).join(' ')}`, code ?? 1, signal);
}

/** Ends this process the way the child ended. */
export function endLike({ code, signal }) {
  if (signal) {
    process.kill(process.pid, signal);
    // Signals that do not end Node by default (or not at once) still must end it.
    setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 100);
  } else {
    process.exitCode = code ?? 1;
  }
}
