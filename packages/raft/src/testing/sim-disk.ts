import type { Random } from '@dkron/runtime';
import { assert } from '@dkron/runtime';
import { parentOf } from '../storage/disk.ts';
import type { Disk, DiskFile } from '../storage/disk.ts';
import type { Completion, DiskCall, DiskFault } from './disk-calls.ts';
import { SimFile } from './sim-file.ts';
import type { CrashMode } from './sim-file.ts';
import { SimFolder } from './sim-folder.ts';
import type { SimNode } from './sim-folder.ts';

/** Options of `SimDisk`. */
export interface SimDiskOptions {
  /** Bytes the disk can allocate. @default Infinity */
  readonly capacityBytes?: number;
  /** Offers `writeDurable`, as Linux does. @default false */
  readonly durableWrites?: boolean;
}

/** Collaborators of `SimDisk`. */
export interface SimDiskModules {
  readonly random: Random;
  /** @default completes at once, in the next microtask */
  readonly completion?: Completion;
}

/**
 * A disk in memory that loses what was not synced. All chance comes from the `Random`, all time from the `Completion`,
 * so a run is a function of its seed. A process works on `mount()`. Sync and rename semantics are the weakest that POSIX allows.
 */
export class SimDisk {
  readonly #random: Random;
  readonly #completion: Completion;
  #root = new SimFolder();
  #capacityBytes: number;
  readonly #durableWrites: boolean;
  #faults: { fault: DiskFault; left: number }[] = [];
  /** Calls of an earlier life never complete. */
  #life = 0;
  readonly #counts = new Map<DiskCall, number>();

  constructor(options: SimDiskOptions, modules: SimDiskModules) {
    this.#capacityBytes = options.capacityBytes ?? Infinity;
    this.#durableWrites = options.durableWrites ?? false;
    this.#random = modules.random;
    this.#completion = modules.completion ?? ((_call, complete) => complete());
  }

  /** Calls made so far, for tests that count syncs. */
  count(call: DiskCall): number {
    return this.#counts.get(call) ?? 0;
  }

  /** Bytes of all files. */
  get usedBytes(): number {
    return usedBytes(this.#root);
  }

  setCapacity(bytes: number): void {
    this.#capacityBytes = bytes;
  }

  inject(fault: DiskFault): void {
    this.#faults.push({ fault, left: fault.after ?? 0 });
  }

  clearFaults(): void {
    this.#faults = [];
  }

  /** Power fails. Open files are dead: their calls never complete. */
  crash(mode: CrashMode = 'random'): void {
    this.#life += 1;
    this.#root.crash(mode, this.#random);
  }

  /** Only the process dies: what it wrote stays visible, and is as little durable as before. */
  killProcess(): void {
    this.#life += 1;
  }

  /** Flips bits of a stored byte. */
  corrupt(path: string, offset: number, mask = 0xff): void {
    this.#file(path).corrupt(offset, mask);
  }

  /** Bytes of a file as a process sees them. */
  peek(path: string): Uint8Array {
    const file = this.#file(path);
    return file.read(0, file.size);
  }

  /** Replaces the durable bytes of a file. */
  poke(path: string, bytes: Uint8Array): void {
    const file = this.#file(path);
    file.truncate(0);
    file.write(bytes, 0);
    file.sync(file.mark());
  }

  /** A copy of everything, with chance of its own. */
  clone(modules: SimDiskModules): SimDisk {
    const copy = new SimDisk({ capacityBytes: this.#capacityBytes, durableWrites: this.#durableWrites }, modules);
    copy.#root = this.#root.clone();
    return copy;
  }

  /** The disk as one process sees it: once that process was killed or the power failed, its calls do nothing. */
  mount(): Disk {
    const life = this.#life;
    const call = <T>(name: DiskCall, path: string, bytes: number, effect: () => T): Promise<T> =>
      this.#call(life, name, path, bytes, effect);
    return {
      open: (path, options = {}) =>
        call('open', path, 0, () => {
          const { folder, name } = this.#place(path);
          const found = folder.live.get(name);
          if (options.create === true) {
            if (found !== undefined) throw diskError('EEXIST', path);
            const file = new SimFile();
            folder.set(name, file);
            return this.#handle(file, path, life);
          }
          if (!(found instanceof SimFile)) throw diskError('ENOENT', path);
          return this.#handle(found, path, life);
        }),
      rename: (from: string, to: string): Promise<void> => {
        return call('rename', from, 0, () => {
          const source = this.#place(from);
          const target = this.#place(to);
          assert(source.folder === target.folder, 'a simulated rename stays in its folder');
          if (!source.folder.live.has(source.name)) throw diskError('ENOENT', from);
          if (target.folder.live.get(target.name) instanceof SimFolder) throw diskError('ENOTEMPTY', to);
          source.folder.rename(source.name, target.name);
        });
      },
      remove: (path: string): Promise<void> => {
        return call('remove', path, 0, () => {
          const { folder, name } = this.#place(path);
          if (!(folder.live.get(name) instanceof SimFile)) throw diskError('ENOENT', path);
          folder.remove(name);
        });
      },
      removeDir: (path: string): Promise<void> => {
        return call('removeDir', path, 0, () => {
          const { folder, name } = this.#place(path);
          const found = folder.live.get(name);
          if (!(found instanceof SimFolder)) throw diskError('ENOENT', path);
          if (found.live.size > 0) throw diskError('ENOTEMPTY', path);
          folder.remove(name);
        });
      },
      makeDir: (path: string): Promise<void> => {
        return call('makeDir', path, 0, () => {
          let folder = this.#root;
          for (const name of parts(path)) {
            const found = folder.live.get(name);
            if (found instanceof SimFile) throw diskError('ENOTDIR', path);
            const next = found ?? new SimFolder();
            if (found === undefined) folder.set(name, next);
            folder = next;
          }
        });
      },
      list: (path: string): Promise<string[]> => {
        return call('list', path, 0, () => {
          const found = this.#find(path);
          return found instanceof SimFolder ? [...found.live.keys()].toSorted() : [];
        });
      },
      syncDir: (path: string): Promise<void> => {
        let mark = 0;
        const found = this.#find(path);
        if (found instanceof SimFolder) mark = found.mark();
        return call('syncDir', path, 0, () => {
          if (!(found instanceof SimFolder)) throw diskError('ENOENT', path);
          found.sync(mark);
        });
      },
      freeBytes: (path: string): Promise<number> => {
        return call('freeBytes', path, 0, () => Math.max(0, this.#capacityBytes - usedBytes(this.#root)));
      },
    };
  }

  #handle(file: SimFile, path: string, life: number): DiskFile {
    let closed = false;
    const call: FileCall = (name, bytes, effect, before) => {
      if (closed) return Promise.reject(diskError('EBADF', path));
      return this.#call(life, name, path, bytes, effect, before);
    };
    return {
      size: () => call('size', 0, () => file.size),
      read: (offset, length) => {
        const flip = this.#strike('read', path, true);
        return call('read', length, () => {
          const bytes = file.read(offset, length);
          if (flip?.flipMask !== undefined && bytes.byteLength > 0) {
            bytes[this.#random.nextInt(bytes.byteLength)]! ^= flip.flipMask;
          }
          return bytes;
        });
      },
      // In the page cache from the moment of the call: a crash may keep any part of a write under way.
      write: (bytes, offset) =>
        call('write', bytes.byteLength, nothing, (failure) => this.#write(file, path, bytes, offset, failure)),
      ...(this.#durableWrites
        ? {
            writeDurable: (bytes, offset) => this.#writeDurable(call, file, path, bytes, offset),
            writeDurableNow: (bytes, offset) => this.#writeDurableNow(life, file, path, bytes, offset),
          }
        : {}),
      truncate: (length) => call('truncate', 0, () => file.truncate(length)),
      sync: () => {
        const covered = file.mark();
        return call(
          'sync',
          0,
          () => file.sync(covered),
          (failure) => {
            if (failure !== undefined) file.forget(this.#random);
            return undefined;
          },
        );
      },
      close: () => {
        const done = call('close', 0, nothing);
        closed = true;
        return done;
      },
    };
  }

  /** A process that was killed before stands still for ever, which nobody can wait for here: it writes nothing. */
  #writeDurableNow(life: number, file: SimFile, path: string, bytes: Uint8Array, offset: number): void {
    if (life !== this.#life) return;
    this.#counts.set('writeDurableNow', this.count('writeDurableNow') + 1);
    const struck = this.#strike('writeDurableNow', path, false);
    const fault = struck === undefined ? undefined : diskError(struck.code ?? 'EIO', path);
    const failure = this.#write(file, path, bytes, offset, fault) ?? fault;
    if (failure !== undefined) throw failure;
    // Whoever decides about completions may end the process here.
    this.#completion({ call: 'writeDurableNow', path, bytes: bytes.byteLength }, nothing);
    if (life === this.#life) file.syncWrite(file.mark() - 1);
  }

  #writeDurable(call: FileCall, file: SimFile, path: string, bytes: Uint8Array, offset: number): Promise<void> {
    let number = -1;
    const before = (failure?: Error): Error | undefined => {
      const refused = this.#write(file, path, bytes, offset, failure);
      if (failure === undefined && refused === undefined) number = file.mark() - 1;
      return refused;
    };
    return call('writeDurable', bytes.byteLength, () => file.syncWrite(number), before);
  }

  #write(
    file: SimFile,
    path: string,
    bytes: Uint8Array,
    offset: number,
    failure: Error | undefined,
  ): Error | undefined {
    const astray = this.#strike('write', path, true);
    if (astray !== undefined) {
      file.write(bytes, astray.misdirectTo!);
      return undefined;
    }
    const grows = Math.max(0, offset + bytes.byteLength - file.size);
    if (grows > 0 && this.#capacityBytes !== Infinity && usedBytes(this.#root) + grows > this.#capacityBytes)
      return diskError('ENOSPC', path);
    // A write that fails may have put any part of itself into the cache.
    const part = failure === undefined ? bytes : bytes.subarray(0, this.#random.nextInt(bytes.byteLength + 1));
    file.write(part, offset);
    return undefined;
  }

  /** @param before - takes effect at the time of the call, not of its completion; may fail it */
  #call<T>(
    life: number,
    call: DiskCall,
    path: string,
    bytes: number,
    effect: () => T,
    before?: (failure?: Error) => Error | undefined,
  ): Promise<T> {
    if (life !== this.#life) return new Promise(() => {});
    this.#counts.set(call, this.count(call) + 1);
    const struck = this.#strike(call, path, false);
    const fault = struck === undefined ? undefined : diskError(struck.code ?? 'EIO', path);
    const failure = before?.(fault) ?? fault;
    return new Promise((resolve, reject) => {
      let done = false;
      this.#completion({ call, path, bytes }, () => {
        if (done || life !== this.#life) return;
        done = true;
        try {
          if (failure !== undefined) throw failure;
          resolve(effect());
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  /** The fault that strikes this call, if any; the others that match come one call nearer. */
  #strike(call: DiskCall, path: string, silent: boolean): DiskFault | undefined {
    const matching = this.#faults.filter(
      ({ fault }) =>
        (fault.misdirectTo !== undefined || fault.flipMask !== undefined) === silent &&
        fault.call === call &&
        path.includes(fault.path ?? ''),
    );
    const striking = matching.find(({ left }) => left === 0);
    for (const armed of matching) armed.left = Math.max(0, armed.left - 1);
    if (striking === undefined) return undefined;
    this.#faults.splice(this.#faults.indexOf(striking), 1);
    return striking.fault;
  }

  #file(path: string): SimFile {
    const found = this.#find(path);
    assert(found instanceof SimFile, `no file ${path}`);
    return found;
  }

  #find(path: string): SimNode | undefined {
    let node: SimNode | undefined = this.#root;
    for (const name of parts(path)) node = node instanceof SimFolder ? node.live.get(name) : undefined;
    return node;
  }

  #place(path: string): { folder: SimFolder; name: string } {
    const folder = this.#find(parentOf(path));
    if (!(folder instanceof SimFolder)) throw diskError('ENOENT', path);
    return { folder, name: parts(path).at(-1) ?? '' };
  }
}

/** A call on an open file; `before` takes effect at once and may fail it. */
type FileCall = <T>(
  name: DiskCall,
  bytes: number,
  effect: () => T,
  before?: (failure?: Error) => Error | undefined,
) => Promise<T>;

const nothing = (): void => {};

function parts(path: string): string[] {
  return path.split('/').filter((part) => part !== '');
}

function usedBytes(folder: SimFolder): number {
  let sum = 0;
  for (const node of folder.live.values()) sum += node instanceof SimFile ? node.size : usedBytes(node);
  return sum;
}

function diskError(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${path}`), { code });
}
