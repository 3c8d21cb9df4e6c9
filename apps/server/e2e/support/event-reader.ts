import type { Api } from './api.ts';

export interface ServerSentEvent {
  readonly event: string;
  readonly id: string | undefined;
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly data: any;
}

const WITHIN_MS = 60_000;

/** Reads a stream of server-sent events. */
export class EventReader {
  readonly events: ServerSentEvent[] = [];
  /** Settles when the server has closed the stream, or the test. */
  readonly ended: Promise<void>;
  readonly #abort = new AbortController();
  #onEvent = (): void => undefined;

  private constructor(body: AsyncIterable<Uint8Array>, abort: AbortController) {
    this.#abort = abort;
    this.ended = this.#read(body).catch(() => undefined);
  }

  /** undefined when there are too many readers. */
  static async open(
    api: Api,
    path: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<EventReader | undefined> {
    const abort = new AbortController();
    const response = await fetch(api.url + path, { headers, signal: abort.signal });
    if (response.status === 503) {
      await response.body?.cancel();
      return undefined;
    }
    if (response.status !== 200 || response.body === null) throw new Error(`GET ${path}: ${response.status}`);
    return new EventReader(response.body, abort);
  }

  /** The first event that fits, past ones included. */
  async until(fits: (event: ServerSentEvent) => boolean): Promise<ServerSentEvent> {
    const deadline = performance.now() + WITHIN_MS;
    for (let at = 0; ;) {
      for (; at < this.events.length; at++) if (fits(this.events[at]!)) return this.events[at]!;
      const left = deadline - performance.now();
      if (left <= 0)
        throw new Error(`not among ${this.events.length} events: ${JSON.stringify(this.events.slice(-5))}`);
      await this.#next(left);
    }
  }

  close(): Promise<void> {
    this.#abort.abort();
    return this.ended;
  }

  #next(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, withinMs);
      this.#onEvent = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #read(body: AsyncIterable<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let text = '';
    for await (const bytes of body) {
      text += decoder.decode(bytes, { stream: true });
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) this.#take(block);
    }
  }

  #take(block: string): void {
    const fields = new Map(
      block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
    );
    const event = fields.get('event');
    if (event === undefined) return;
    this.events.push({ event, id: fields.get('id'), data: JSON.parse(fields.get('data') ?? 'null') });
    this.#onEvent();
  }
}
