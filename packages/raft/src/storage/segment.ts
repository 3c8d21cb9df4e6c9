import type { DiskFile } from './disk.ts';

/** An open segment file. Removing it waits for reads under way. */
export class Segment {
  readonly sequence: number;
  readonly path: string;
  readonly file: DiskFile;
  readonly salt: number;
  readonly capacity: number;
  #holders = 0;
  #retired = false;

  constructor(fields: {
    readonly sequence: number;
    readonly path: string;
    readonly file: DiskFile;
    readonly salt: number;
    readonly capacity: number;
  }) {
    this.sequence = fields.sequence;
    this.path = fields.path;
    this.file = fields.file;
    this.salt = fields.salt;
    this.capacity = fields.capacity;
  }

  /** Keeps the file open until `release`. */
  acquire(): void {
    this.#holders += 1;
  }

  async release(): Promise<void> {
    this.#holders -= 1;
    await this.#closeWhenIdle();
  }

  /** Closes the file as soon as nobody holds it. */
  async retire(): Promise<void> {
    if (this.#retired) return;
    this.#retired = true;
    await this.#closeWhenIdle();
  }

  async #closeWhenIdle(): Promise<void> {
    if (this.#retired && this.#holders === 0) await this.file.close();
  }
}
