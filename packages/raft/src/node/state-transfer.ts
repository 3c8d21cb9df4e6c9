import { simpleChange, type ConfChange } from '../core/confchange/conf-change.ts';
import type { Entry, NodeId } from '../core/types.ts';

/**
 * Steps of a restore that goes through the log: every server gets the same bytes at the same index. They travel as
 * changes of a member that change nothing, one at a time, in the context of the entry.
 */
export type TransferStep =
  | { readonly kind: 'begin' | 'abort' }
  | { readonly kind: 'chunk'; readonly sequence: number; readonly data: Uint8Array }
  /** `chunks` and `bytes` are those of the whole. */
  | { readonly kind: 'end'; readonly chunks: number; readonly bytes: number };

/*
 * Layout: mark u8 (no JSON begins with it), kind u8, two f64, data; little-endian.
 */
const MARK = 1;
const KINDS = ['begin', 'abort', 'chunk', 'end'] as const;
const HEAD_BYTES = 18;

/** The change that carries a step. */
export function transferChange(id: NodeId, step: TransferStep): ConfChange {
  const data = step.kind === 'chunk' ? step.data : new Uint8Array(0);
  const context = new Uint8Array(HEAD_BYTES + data.length);
  const view = new DataView(context.buffer);
  view.setUint8(0, MARK);
  view.setUint8(1, KINDS.indexOf(step.kind));
  view.setFloat64(2, step.kind === 'chunk' ? step.sequence : step.kind === 'end' ? step.chunks : 0, true);
  view.setFloat64(10, step.kind === 'end' ? step.bytes : 0, true);
  context.set(data, HEAD_BYTES);
  return simpleChange('updateNode', id, context);
}

/** The step in a change; undefined if it is a membership change. */
export function transferStepOf({ context }: ConfChange): TransferStep | undefined {
  if (context.length < HEAD_BYTES || context[0] !== MARK) return undefined;
  const view = new DataView(context.buffer, context.byteOffset, context.byteLength);
  const kind = KINDS[view.getUint8(1)];
  const number = view.getFloat64(2, true);
  if (kind === 'chunk') return { kind, sequence: number, data: context.subarray(HEAD_BYTES) };
  if (kind === 'end') return { kind, chunks: number, bytes: view.getFloat64(10, true) };
  return kind === undefined ? undefined : { kind };
}

interface Open {
  readonly term: number;
  readonly chunks: Uint8Array[];
  bytes: number;
}

/**
 * Gathers the chunks of one restore. The same on every server, since it sees nothing but the log: a restore ends with
 * the term in which it began, and a later one takes its place.
 */
export class TransferBuffer {
  #open: Open | undefined;

  /** Whether a restore is under way: its chunks are in no snapshot, so none may be taken. */
  get isOpen(): boolean {
    return this.#open !== undefined;
  }

  /** An entry of this term is applied: restores of earlier terms will not be finished. */
  observe(term: number): void {
    if (this.#open !== undefined && term > this.#open.term) this.#open = undefined;
  }

  /** The state machine was replaced otherwise. */
  clear(): void {
    this.#open = undefined;
  }

  /** Returns everything when the last step is there, and nothing is missing; `'broken'` when something is. */
  take(entry: Pick<Entry, 'term'>, step: TransferStep): readonly Uint8Array[] | 'broken' | undefined {
    this.observe(entry.term);
    const open = this.#open;
    switch (step.kind) {
      case 'begin':
        this.#open = { term: entry.term, chunks: [], bytes: 0 };
        return undefined;
      case 'abort':
        this.#open = undefined;
        return undefined;
      case 'chunk':
        if (open === undefined || open.chunks.length !== step.sequence) {
          this.#open = undefined;
          return 'broken';
        }
        open.chunks.push(step.data);
        open.bytes += step.data.length;
        return undefined;
      case 'end':
        this.#open = undefined;
        return open?.chunks.length === step.chunks && open.bytes === step.bytes ? open.chunks : 'broken';
    }
  }
}
