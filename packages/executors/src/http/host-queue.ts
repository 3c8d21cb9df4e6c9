interface Host {
  readonly inside: Set<() => void>;
  /** In the order of their coming. */
  readonly waiting: Set<() => void>;
}

/** Lets at most so many to one host at a time; the others wait. */
export class HostQueue {
  readonly #max: number;
  readonly #hosts = new Map<string, Host>();

  constructor(max: number) {
    this.#max = max;
  }

  /** Hosts that somebody is with. */
  get size(): number {
    return this.#hosts.size;
  }

  /**
   * Calls `begin` once there is room: now, or when others left. Who is given `leave` calls it at the end, also of the
   * waiting; a second call does nothing.
   *
   * @returns the same `leave`
   */
  enter(name: string, begin: (leave: () => void) => void): () => void {
    const host = this.#hosts.get(name) ?? this.#add(name);
    const start = (): void => begin(leave);
    const leave = (): void => this.#leave(name, host, start);
    if (host.inside.size < this.#max) {
      host.inside.add(start);
      start();
    } else host.waiting.add(start);
    return leave;
  }

  #add(name: string): Host {
    const host: Host = { inside: new Set(), waiting: new Set() };
    this.#hosts.set(name, host);
    return host;
  }

  #leave(name: string, host: Host, start: () => void): void {
    if (host.waiting.delete(start) || !host.inside.delete(start)) return;
    for (const next of host.waiting) {
      host.waiting.delete(next);
      host.inside.add(next);
      return next();
    }
    if (host.inside.size === 0) this.#hosts.delete(name);
  }
}
