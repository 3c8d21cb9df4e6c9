/** An end of the command: the text goes to stderr, the number is the exit code. */
export class CommandError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}

/** A setting that cannot be used: which, what was given, and what may be. */
export function settingError(source: string, value: string, allowed: string): CommandError {
  return new CommandError(`${source}: "${value}" is not allowed, expected ${allowed}`);
}
