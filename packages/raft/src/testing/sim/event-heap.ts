/** Something that happens at a simulated time. Events of equal time happen in the order in which they were added. */
export interface SimEvent {
  readonly time: number;
  readonly order: number;
  /** Kind of the event, for the hash of the run. */
  readonly label: number;
  readonly run: () => void;
}

/** A binary heap of events by (time, order). */
export class EventHeap {
  readonly #heap: SimEvent[] = [];
  #added = 0;

  get size(): number {
    return this.#heap.length;
  }

  add(time: number, label: number, run: () => void): void {
    const heap = this.#heap;
    const event: SimEvent = { time, order: this.#added++, label, run };
    let at = heap.length;
    heap.push(event);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (before(heap[parent]!, event)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = event;
  }

  /** Time of the next event; `undefined` if there is none. */
  nextTime(): number | undefined {
    return this.#heap[0]?.time;
  }

  take(): SimEvent | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (before(last, heap[child]!)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function before(a: SimEvent, b: SimEvent): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}
