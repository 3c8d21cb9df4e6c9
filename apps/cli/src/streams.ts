/** What became of an output. */
export interface OutputState {
  /** Aborted once nobody takes the output any more. */
  readonly signal: AbortSignal;
  /** Something could not be written, other than because its reader had enough. */
  readonly failed: () => boolean;
}

/** A reader that ends early (`| head`) is no error, and a node does not end because its log cannot be written. */
export function watchOutputs(streams: readonly NodeJS.WritableStream[]): OutputState {
  const gone = new AbortController();
  let failed = false;
  for (const stream of streams) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      failed ||= error.code !== 'EPIPE';
      gone.abort();
    });
  }
  return { signal: gone.signal, failed: () => failed };
}
