/** An end of the command: the message goes to the outputs, the number is the exit code. */
export class CommandError extends Error {
  readonly exitCode: number;
  /** A further line for standard error; `''` = none. */
  readonly hint: string;

  constructor(message: string, exitCode = 1, hint = '') {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
    this.hint = hint;
  }
}
