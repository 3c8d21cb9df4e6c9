/** One thing to mend, at a place in the repository. */
export interface Problem {
  /** Which check found it. */
  readonly check: string;
  /** Path from the repository's root. */
  readonly path: string;
  /** From 1; 0 when it is about the file as a whole. */
  readonly line: number;
  readonly message: string;
}

/** A file with its text, as the checks see it. */
export interface SourceFile {
  /** Path from the repository's root, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** Number of the line that holds the character at `offset`. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at >= 0 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

export function formatProblem({ path, line, message, check }: Problem): string {
  return `${path}${line > 0 ? `:${line}` : ''}: ${message} (${check})`;
}
