type Take = (bytes: Uint8Array, stderr: boolean) => void;

/** Kept until a host takes it; what is printed then is left out. */
const HELD_BYTES_MAX = 1_048_576;

/**
 * What the plugin prints after its start goes to the host by the protocol, because it is for the host's own output: what
 * the pipes carry goes to its log.
 */
export class Printed {
  readonly #held: { readonly bytes: Uint8Array; readonly stderr: boolean }[] = [];
  #heldBytes = 0;
  #take: Take | undefined;

  /** From now on. */
  capture(): void {
    for (const stderr of [false, true]) {
      const stream = stderr ? process.stderr : process.stdout;
      // Of the forms of `write` all are served: text or bytes, an encoding, a callback.
      stream.write = ((chunk: string | Uint8Array, ...more: unknown[]): boolean => {
        this.#print(typeof chunk === 'string' ? Buffer.from(chunk) : Uint8Array.from(chunk), stderr);
        const done = more.findLast((one) => typeof one === 'function') as (() => void) | undefined;
        if (done) queueMicrotask(done);
        return true;
      }) as typeof stream.write;
    }
  }

  /** Who takes it from now on, and what was held; undefined = nobody. */
  handTo(take: Take | undefined): void {
    this.#take = take;
    if (!take) return;
    this.#heldBytes = 0;
    for (const { bytes, stderr } of this.#held.splice(0)) take(bytes, stderr);
  }

  #print(bytes: Uint8Array, stderr: boolean): void {
    if (this.#take) return this.#take(bytes, stderr);
    if (this.#heldBytes + bytes.length > HELD_BYTES_MAX) return;
    this.#heldBytes += bytes.length;
    this.#held.push({ bytes, stderr });
  }
}
