import type { Random } from '@dkron/runtime';
import type { CrashMode, SimFile } from './sim-file.ts';

export type SimNode = SimFile | SimFolder;

type NameChange =
  | { readonly kind: 'set'; readonly name: string; readonly node: SimNode }
  | { readonly kind: 'remove'; readonly name: string }
  | { readonly kind: 'rename'; readonly from: string; readonly to: string; readonly node: SimNode };

/** Names in a simulated folder: the durable ones, and the changes since the last sync of the folder. */
export class SimFolder {
  readonly live = new Map<string, SimNode>();
  #durable = new Map<string, SimNode>();
  #pending: NameChange[] = [];
  /** Changes that are no longer pending, so that marks stay valid when syncs overlap. */
  #settled = 0;

  set(name: string, node: SimNode): void {
    this.#change({ kind: 'set', name, node });
  }

  remove(name: string): void {
    this.#change({ kind: 'remove', name });
  }

  rename(from: string, to: string): void {
    this.#change({ kind: 'rename', from, to, node: this.live.get(from)! });
  }

  mark(): number {
    return this.#settled + this.#pending.length;
  }

  /** Makes the changes before the mark durable. */
  sync(mark: number): void {
    const done = this.#pending.splice(0, Math.max(0, mark - this.#settled));
    this.#settled += done.length;
    for (const change of done) apply(this.#durable, change);
  }

  /** Keeps a prefix of the pending changes, or (`tear`, half of `random`) any of them. */
  crash(mode: CrashMode, random: Random): void {
    const pending = this.#pending;
    const prefix = mode === 'lose' ? 0 : mode === 'keep' ? pending.length : random.nextInt(pending.length + 1);
    const anyOf = mode === 'tear' || (mode === 'random' && random.nextInt(2) === 0);
    const kept = pending.filter((_, i) => (anyOf ? random.nextInt(2) === 0 : i < prefix));
    for (const change of kept) apply(this.#durable, change);
    this.#settled += pending.length;
    this.#pending = [];
    this.live.clear();
    for (const [name, node] of this.#durable) this.live.set(name, node);
    for (const node of this.live.values()) node.crash(mode, random);
  }

  clone(): SimFolder {
    const copy = new SimFolder();
    const copies = new Map<SimNode, SimNode>();
    const copyOf = (node: SimNode): SimNode => {
      const made = copies.get(node) ?? node.clone();
      copies.set(node, made);
      return made;
    };
    for (const [name, node] of this.live) copy.live.set(name, copyOf(node));
    for (const [name, node] of this.#durable) copy.#durable.set(name, copyOf(node));
    copy.#pending = this.#pending.map((change) =>
      'node' in change ? { ...change, node: copyOf(change.node) } : change,
    );
    return copy;
  }

  #change(change: NameChange): void {
    apply(this.live, change);
    this.#pending.push(change);
  }
}

function apply(names: Map<string, SimNode>, change: NameChange): void {
  switch (change.kind) {
    case 'set':
      names.set(change.name, change.node);
      break;
    case 'remove':
      names.delete(change.name);
      break;
    case 'rename':
      if (names.get(change.from) === change.node) names.delete(change.from);
      names.set(change.to, change.node);
      break;
  }
}
