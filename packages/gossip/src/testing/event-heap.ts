interface Planned {
  readonly atMs: number;
  readonly id: number;
  readonly run: () => void;
}

/** Things to happen, the earliest first; at the same time in the order of planning. */
export class EventHeap {
  readonly #heap: Planned[] = [];
  #nextId = 0;

  /** `Infinity` when nothing is planned. */
  get nextMs(): number {
    return this.#heap[0]?.atMs ?? Infinity;
  }

  plan(atMs: number, run: () => void): void {
    const heap = this.#heap;
    const planned = { atMs, id: this.#nextId++, run };
    let at = heap.length;
    heap.push(planned);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent]!, planned)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = planned;
  }

  /** Takes the earliest out. */
  take(): () => void {
    const heap = this.#heap;
    const first = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) this.#sink(last);
    return first.run;
  }

  #sink(planned: Planned): void {
    const heap = this.#heap;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
      if (isBefore(planned, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = planned;
  }
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.id < b.id);
}
