import type { Random } from '@dkron/runtime';
import type { Events } from './events.ts';
import type { SimServer } from './server.ts';

export interface NetworkOptions {
  readonly lossPermille: number;
  readonly repeatPermille: number;
  readonly slowPermille: number;
  readonly slowMs: number;
}

/** Calls between servers: slow, lost, cut, or made a second time much later. */
export class Network {
  readonly #events: Events;
  readonly #random: Random;
  readonly #server: (name: string) => SimServer | undefined;
  readonly #cuts = new Map<string, number>();
  #options: NetworkOptions;

  constructor(
    options: NetworkOptions,
    modules: {
      readonly events: Events;
      readonly random: Random;
      readonly server: (name: string) => SimServer | undefined;
    },
  ) {
    this.#options = options;
    this.#events = modules.events;
    this.#random = modules.random;
    this.#server = modules.server;
  }

  cut(from: string, to: string, forMs: number): void {
    const key = `${from}>${to}`;
    this.#cuts.set(key, (this.#cuts.get(key) ?? 0) + 1);
    this.#events.after(forMs, () => this.#cuts.set(key, (this.#cuts.get(key) ?? 1) - 1));
  }

  heal(): void {
    this.#options = { lossPermille: 0, repeatPermille: 0, slowPermille: 0, slowMs: 1 };
  }

  isCut(from: string, to: string): boolean {
    return (this.#cuts.get(`${from}>${to}`) ?? 0) > 0;
  }

  /** `answered` gets the answer, perhaps very late, or never anything. `whileAlive` guards the caller's process. */
  call<T>(
    from: string,
    to: string,
    serve: (server: SimServer, reply: (answer: T) => void) => void,
    answered: (answer: T | undefined) => void,
    whileAlive: (fn: () => void) => void,
  ): void {
    const reply = (answer: T): void => this.send(to, from, () => whileAlive(() => answered(answer)));
    const request = (): void => {
      const server = this.#server(to);
      if (server?.up === true) serve(server, reply);
    };
    this.send(from, to, request);
    if (this.#random.nextInt(1000) < this.#options.repeatPermille) {
      this.#events.after(this.#random.nextInt(6000), () => this.send(from, to, request));
    }
  }

  send(from: string, to: string, deliver: () => void): void {
    if (this.isCut(from, to) || this.#random.nextInt(1000) < this.#options.lossPermille) return;
    const slow = this.#random.nextInt(1000) < this.#options.slowPermille;
    this.#events.after(1 + this.#random.nextInt(slow ? this.#options.slowMs : 15), deliver);
  }
}
