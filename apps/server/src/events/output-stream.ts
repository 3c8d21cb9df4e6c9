import type { Execution, ExecutionId, ExecutionOutput } from '@dkron/jobs';
import { executionToJson } from '@dkron/jobs';
import type { OutputChunk, OutputListener } from '@dkron/scheduler';
import type { Connection } from './connection.ts';

interface Modules {
  readonly store: {
    getExecution(id: ExecutionId): Execution | undefined;
    getOutput(id: ExecutionId): ExecutionOutput | undefined;
  };
  readonly engine: { watchOutput(id: ExecutionId, listener: OutputListener): () => void };
  readonly connection: Connection;
}

/** The output of one execution: what is kept of it, what it writes while it runs, and its end. */
export class OutputStream {
  readonly #id: ExecutionId;
  readonly #store: Modules['store'];
  readonly #connection: Connection;
  readonly #decoder = new TextDecoder();
  #stop: (() => void) | undefined;
  #seq = 0;
  /** Bytes of the output passed on or left out. */
  #heard = 0;
  #ended = false;

  constructor(id: ExecutionId, { store, engine, connection }: Modules) {
    this.#id = id;
    this.#store = store;
    this.#connection = connection;
    if (this.#isOpen()) {
      this.#stop = engine.watchOutput(id, { chunk: (chunk) => this.#chunk(chunk), ended: () => this.#end() });
    } else this.#end();
  }

  close(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #isOpen(): boolean {
    const state = this.#store.getExecution(this.#id)?.state;
    return state === 'pending' || state === 'running';
  }

  #chunk({ offset, bytes }: Pick<OutputChunk, 'offset' | 'bytes'>): void {
    const known = Math.max(0, this.#heard - offset);
    if (known >= bytes.length) return;
    if (offset > this.#heard) this.#gap(offset - this.#heard);
    this.#heard = offset + bytes.length;
    this.#send(this.#decoder.decode(bytes.subarray(known), { stream: true }));
  }

  #gap(bytes: number): void {
    this.#send(`${this.#decoder.decode()}\n[… ${bytes} bytes left out …]\n`);
  }

  /** What was kept with the result may reach further than what was heard live. */
  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const output = this.#store.getOutput(this.#id);
    if (output !== undefined) {
      const tailStart = output.totalBytes - output.tail.length;
      this.#chunk({ offset: 0, bytes: output.head.subarray(0, Math.max(0, tailStart)) });
      this.#chunk({ offset: tailStart, bytes: output.tail });
    }
    this.#send(this.#decoder.decode());
    const execution = this.#store.getExecution(this.#id);
    this.#connection.write(`event: end\ndata: ${execution === undefined ? '{}' : executionToJson(execution)}\n\n`);
    this.#connection.end();
  }

  #send(text: string): void {
    if (text === '') return;
    this.#connection.write(`event: output\ndata: ${JSON.stringify({ seq: this.#seq, text })}\n\n`);
    this.#seq += 1;
  }
}
