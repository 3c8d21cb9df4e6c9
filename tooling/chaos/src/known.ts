/** What a reader must find of a job; undefined = no such job. */
export type Shape = { readonly command: string; readonly disabled: boolean } | undefined;

/** What the server acknowledged, seen from outside. */
export class Known {
  /** Every name ever sent → what may be found: one shape once it is acknowledged, two while an answer is missing. */
  readonly #allowed = new Map<string, readonly Shape[]>();
  /** Executions named by an acknowledged run → job. */
  readonly runs = new Map<string, string>();
  /** Ticking job → ms since 1970 when its creation was acknowledged. */
  readonly tickingSince = new Map<string, number>();
  /** Jobs of which only one run may be open. */
  readonly forbids = new Set<string>();
  /** When a job may have been disabled, ms since 1970, the last one perhaps still open. */
  readonly #disabled = new Map<string, { fromMs: number; toMs: number }[]>();

  /** The last acknowledged shape, or one of those that may be. */
  shapeOf(name: string): Shape {
    return this.#allowed.get(name)?.[0];
  }

  /** True when an answer about this job is missing. */
  isUncertain(name: string): boolean {
    return (this.#allowed.get(name)?.length ?? 1) > 1;
  }

  names(): Iterable<string> {
    return this.#allowed.keys();
  }

  /** Acknowledged jobs that exist. */
  get jobCount(): number {
    return [...this.#allowed.values()].filter((shapes) => shapes.every((shape) => shape !== undefined)).length;
  }

  /** A request is on its way: until it is answered, before and after are both right. */
  sending(name: string, after: Shape): void {
    this.#allowed.set(name, [...(this.#allowed.get(name) ?? [undefined]), after]);
    const spans = this.#disabled.get(name) ?? [];
    if (after?.disabled === true && spans.at(-1)?.toMs !== Infinity) {
      this.#disabled.set(name, [...spans, { fromMs: Date.now(), toMs: Infinity }]);
    }
  }

  disabledSpans(name: string): readonly { readonly fromMs: number; readonly toMs: number }[] {
    return this.#disabled.get(name) ?? [];
  }

  acknowledged(name: string, shape: Shape): void {
    this.#certain(name, shape);
  }

  /** Settles what was uncertain by what is found. @returns false when it may not be so */
  settle(name: string, found: Shape): boolean {
    const allowed = this.#allowed.get(name) ?? [undefined];
    if (!allowed.some((shape) => equal(shape, found))) return false;
    this.#certain(name, found);
    return true;
  }

  #certain(name: string, shape: Shape): void {
    this.#allowed.set(name, [shape]);
    const open = this.#disabled.get(name)?.at(-1);
    if (shape?.disabled !== true && open?.toMs === Infinity) open.toMs = Date.now();
  }

  describe(name: string): string {
    return (this.#allowed.get(name) ?? [undefined]).map(textOf).join(' or ');
  }
}

export function textOf(shape: Shape): string {
  return shape === undefined ? 'absent' : `"${shape.command}"${shape.disabled ? ' disabled' : ''}`;
}

function equal(a: Shape, b: Shape): boolean {
  return a?.command === b?.command && a?.disabled === b?.disabled;
}
