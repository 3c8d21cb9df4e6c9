/** Messages that only say that something inside went wrong. */
const HOLLOW =
  /failed \d+ times\.$|^Cannot connect to any broker|^Connection to .* failed\.$|^Received response with error/;

/**
 * One line for what the client threw: it holds errors in errors. A broker that does not take connections reads as the
 * original says it.
 */
export function errorText(error: Error): string {
  const all = [...inside(error)];
  const refused = all.find((each) => (each as NodeJS.ErrnoException).syscall === 'connect') as
    | (NodeJS.ErrnoException & { address?: string; port?: number })
    | undefined;
  if (refused) {
    const why = refused.code === 'ECONNREFUSED' ? 'connection refused' : (refused.code ?? refused.message);
    const where = `${refused.address ?? ''}:${refused.port ?? ''}`;
    return `kafka: client has run out of available brokers to talk to: dial tcp ${where}: connect: ${why}`;
  }
  const texts = new Set(all.map(({ message }) => message).filter((text) => text !== '' && !HOLLOW.test(text)));
  const shown = [...texts].slice(0, 3);
  return `kafka: ${shown.length > 0 ? shown.join(': ') : error.message || error.name}`;
}

/** The error and all within it, outermost first; bounded, and each once. */
function* inside(error: Error, seen = new Set<Error>()): Generator<Error> {
  if (seen.has(error) || seen.size > 50) return;
  seen.add(error);
  yield error;
  if (error instanceof AggregateError) {
    for (const each of error.errors) if (each instanceof Error) yield* inside(each, seen);
  }
  if (error.cause instanceof Error) yield* inside(error.cause, seen);
}
