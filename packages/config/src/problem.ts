/** Something that keeps a node from starting. */
export interface Problem {
  readonly key: string;
  /** As given; a secret is not shown. */
  readonly value: string;
  /** Flag, variable, or file and line. */
  readonly source: string;
  readonly allowed: string;
  /** The original's whole message, where it has one. */
  readonly original?: string;
  /** The original writes that message to its log only, without usage. */
  readonly logged?: true;
}

/** Something that is accepted and worth a line. */
export interface Warning {
  readonly key: string;
  readonly source: string;
  readonly message: string;
  /** `config check` counts it as an error. */
  readonly wrong: boolean;
}

export function describeProblem(problem: Problem): string {
  return `${problem.key}: ${JSON.stringify(problem.value)} is not allowed, expected ${problem.allowed} (${problem.source})`;
}

export function describeWarning(warning: Warning): string {
  return `${warning.key}: ${warning.message} (${warning.source})`;
}

/** Settings that cannot be used. The message is the original's where it has one. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];
  readonly warnings: readonly Warning[];

  constructor(problems: readonly Problem[], warnings: readonly Warning[] = []) {
    const first = problems[0];
    super(first === undefined ? 'settings: nothing is wrong' : (first.original ?? describeProblem(first)));
    this.name = 'ConfigError';
    this.problems = problems;
    this.warnings = warnings;
  }
}
